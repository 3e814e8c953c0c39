import { resolve } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { toGuestArgv } from '#cli/in-lab/command-line.ts';
import { optionsOf, toArgv, type OptionRow } from '#cli/options.ts';
import type { CommandName } from '#cli/command-arguments.ts';
import { createProgram } from '#cli/program.ts';
import { OPERATORS } from '#core/mutation/operators.ts';

const GUEST_COMMANDS = ['run', 'diff', 'mutate', 'init'] as const;
const OPERANDS = { run: ['a.yml', '--b.yml'], diff: ['-base', 'head'], mutate: ['--spec'], init: [] } as const;

interface Parsed {
  readonly options: Readonly<Record<string, unknown>>;
  readonly operands: readonly string[];
}

/** Reads arguments as the program does, but starts nothing. */
async function parse(argv: readonly string[]): Promise<Parsed> {
  const program = createProgram();
  let parsed: Parsed | undefined;
  for (const command of program.commands)
    command.action(() => {
      parsed = { options: command.opts(), operands: command.args };
    });
  await program.parseAsync(argv, { from: 'user' });
  if (parsed === undefined) throw new Error('No command was named.');
  return parsed;
}

const FOLDERS = fc.oneof(
  fc.constant({}),
  fc.record({ base: fc.string(), search: fc.array(fc.string(), { maxLength: 2 }) }),
);

/** Any value of an option that a user could give. */
function valuesOf(row: OptionRow): fc.Arbitrary<unknown> {
  if (row.argument === undefined) return fc.boolean();
  if (row.choices !== undefined) return fc.constantFrom(...row.choices);
  if (row.repeats === true) return fc.array(fc.string({ unit: 'binary' }), { maxLength: 3 });
  if (row.argument === '<percent>') return fc.integer({ min: 0, max: 100_000_000 }).map((units) => units / 1e6);
  if (row.argument === '<names>') return fc.subarray([...OPERATORS], { minLength: 1 });
  if (row.argument === '<number>') return fc.integer({ min: 1, max: 999_999_999 });
  if (row.argument === '<folders>') return fc.record({ base: FOLDERS, head: FOLDERS });
  if (row.argument === '<json>') return fc.dictionary(fc.string(), fc.string());
  return fc.string({ unit: 'binary' });
}

function optionsFor(command: CommandName): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  return fc.record(Object.fromEntries(optionsOf(command).map(([name, row]) => [name, valuesOf(row)])));
}

/** What the guest should get of an option. */
function expectedInGuest(row: OptionRow, value: unknown): unknown {
  if (row.inGuest !== 'absolute-path') return value;
  return Array.isArray(value) ? value.map((path: string) => resolve(path)) : resolve(value as string);
}

describe('the command line of a lab guest', () => {
  for (const command of GUEST_COMMANDS)
    it(`gives ${command} there each option that is passed on, and the operands`, async () => {
      await fc.assert(
        fc.asyncProperty(optionsFor(command), async (given) => {
          const { options, operands } = await parse(toGuestArgv(command, given as never, OPERANDS[command]));
          for (const [name, row] of optionsOf(command).filter(([, { inGuest }]) => inGuest !== 'omitted'))
            expect(options[name], row.flag).to.deep.equal(expectedInGuest(row, given[name]));
          expect(operands).to.deep.equal(OPERANDS[command]);
          expect(options['host']).to.equal('local');
        }),
        { numRuns: 50 },
      );
    });

  it('leaves out options that were not given', () => {
    const options = { host: 'auto', labSuite: 'sid', json: false, include: [] } as const;
    expect(toGuestArgv('diff', options, ['/base', '/head'])).to.deep.equal([
      'diff',
      '--host=local',
      '--',
      '/base',
      '/head',
    ]);
  });

  it('adds the probes of --write-probes to the spec of this host only', () => {
    const row = optionsOf('mutate').find(([name]) => name === 'writeProbes')?.[1];
    expect(row?.inGuest).to.equal('omitted');
  });
});

describe('a command line', () => {
  it('reads back as the options that it was written from', async () => {
    const options = { since: 'abc', markdown: '-x.md', profile: '--host=lab', host: 'none' } as const;
    const parsed = await parse(toArgv('diff-specs', options, ['-s.yml']));
    expect(parsed.options).to.deep.include(options);
    expect(parsed.operands).to.deep.equal(['-s.yml']);
  });

  it('is refused with a value that an option does not take', async () => {
    const wrong = [
      ['run', '--min-coverage=101'],
      ['mutate', '--min-score=1e1', 'x.yml'],
      ['run', '--host=none'],
      ['run', '--lab-suite=buster'],
      ['run', '--log=syslog'],
      ['diff', '--as=[]', 'a', 'b'],
      ['diff', '--as={"a":1}', 'a', 'b'],
      ['init', '--image=x'],
    ];
    for (const argv of wrong) {
      const thrown = await silently(() => parse(argv)).catch((error: unknown) => error);
      expect(thrown, argv.join(' ')).to.have.property('name', 'CommanderError');
    }
  });
});

/** Keeps commander's own message off the terminal. */
async function silently<Value>(act: () => Promise<Value>): Promise<Value> {
  const write = process.stderr.write.bind(process.stderr);
  process.stderr.write = () => true;
  try {
    return await act();
  } finally {
    process.stderr.write = write;
  }
}
