import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { HarnessError } from '#core/model/errors.ts';
import { cliArguments, expandSpecs, readInputs, type InputSource } from '#action/inputs.ts';
import { errorResult, outputsOf } from '#action/outputs.ts';

interface Definition {
  readonly inputs: Record<string, { description: string; default?: string }>;
  readonly outputs: Record<string, unknown>;
  readonly runs: Record<string, string>;
}
const definition = parse(readFileSync(new URL('../../../action.yml', import.meta.url), 'utf8')) as Definition;

/** Inputs as the runner gives them: the defaults of action.yml, and what the workflow sets. Records which are read. */
function source(given: Readonly<Record<string, string>> = {}): InputSource & { readonly asked: Set<string> } {
  const asked = new Set<string>();
  const value = (name: string): string => {
    asked.add(name);
    return (given[name] ?? definition.inputs[name]?.default ?? '').trim();
  };
  return {
    asked,
    getInput: value,
    getMultilineInput: (name) =>
      value(name)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.trim()),
    getBooleanInput: (name) => {
      const text = value(name);
      if (!/^(true|True|TRUE|false|False|FALSE)$/.test(text)) throw new TypeError(text);
      return text.toLowerCase() === 'true';
    },
  };
}

function code(act: () => unknown): string {
  try {
    act();
    return 'none';
  } catch (error) {
    return (error as HarnessError).code;
  }
}

describe('the inputs of the action', () => {
  it('pass min-coverage on when it is a percentage, and are refused otherwise', () => {
    expect(cliArguments(readInputs(source({ 'min-coverage': '87.5' })), ['a.yml'])).to.include('--min-coverage=87.5');
    for (const wrong of ['-1', '101', '1e2', 'all', '100.', '0x10', '99 %', 'NaN'])
      expect(
        code(() => readInputs(source({ 'min-coverage': wrong }))),
        wrong,
      ).to.equal('usage');
  });

  it('give a folder of includes a line', () => {
    const inputs = readInputs(source({ include: 'apparmor\n-b', base: 'etc/apparmor.d' }));
    expect(cliArguments(inputs, ['a.yml'])).to.include.members([
      '--include=apparmor',
      '--include=-b',
      '--base=etc/apparmor.d',
    ]);
  });

  it('are exactly those of action.yml, with its defaults', () => {
    const from = source();
    expect(readInputs(from)).to.deep.equal({
      specs: ['specs/*.y*ml'],
      include: [],
      reportDir: 'reports',
      bail: false,
      inPlace: false,
      summary: true,
      diff: true,
    });
    expect([...from.asked].sort()).to.deep.equal(Object.keys(definition.inputs).sort());
  });

  it('lead to exactly the outputs of action.yml', () => {
    expect(Object.keys(outputsOf(errorResult('x'), {})).sort()).to.deep.equal(Object.keys(definition.outputs).sort());
  });

  it('belong to one bundle, which action.yml runs as main and post', () => {
    expect(definition.runs).to.deep.equal({
      using: 'node24',
      main: 'dist/index.cjs',
      post: 'dist/index.cjs',
      'post-if': 'always()',
    });
  });

  it('become arguments of the command line, and none of them an option', () => {
    const inputs = readInputs(
      source({
        specs: 'a.yml\n\n--host=lab',
        profile: '-p',
        image: '--rm',
        grep: '-- x',
        bail: 'true',
        'in-place': 'TRUE',
        'report-dir': '-r',
      }),
    );
    expect(cliArguments(inputs, inputs.specs)).to.deep.equal([
      'run',
      '--host=local',
      '--profile=-p',
      '--image=--rm',
      '--report-dir=-r',
      '--grep=-- x',
      '--bail',
      '--in-place',
      '--',
      'a.yml',
      '--host=lab',
    ]);
    expect(cliArguments(readInputs(source()), ['x.yml'])).to.deep.equal([
      'run',
      '--host=local',
      '--report-dir=reports',
      '--',
      'x.yml',
    ]);
  });

  it('are refused when a value is malformed', () => {
    for (const given of [
      { specs: ' \n ' },
      { 'report-dir': ' ' },
      { profile: 'a\nb' },
      { grep: 'a\rb' },
      { image: 'a\0b' },
      { bail: 'yes' },
      { summary: '' },
      { 'in-place': '1' },
    ]) {
      expect(
        code(() => readInputs(source(given))),
        JSON.stringify(given),
      ).to.equal('usage');
    }
  });

  it('name the files that match a pattern, sorted, each once', () => {
    const folders: Record<string, readonly string[]> = {
      'specs/': ['b.yml', 'a.yml', '.hidden.yml', 'a.yaml', 'ayml', 'x.yml.bak'],
      '.': ['top.yml'],
    };
    const list = (folder: string): readonly string[] => folders[folder] ?? [];
    expect(expandSpecs(['specs/*.yml'], list)).to.deep.equal(['specs/a.yml', 'specs/b.yml']);
    const [byDefault = ''] = readInputs(source()).specs;
    const named = (): readonly string[] => ['a.yml', 'b.yaml', 'c.yml~', 'd.json'];
    expect(expandSpecs([byDefault], named), 'as the command line').to.deep.equal(['specs/a.yml', 'specs/b.yaml']);
    expect(expandSpecs(['specs/b.yml', 'specs/*.yml', '*.yml', 'no-such.yml'], list)).to.deep.equal([
      'specs/b.yml',
      'specs/a.yml',
      'top.yml',
      'no-such.yml',
    ]);
    expect(code(() => expandSpecs(['none/*.yml'], list))).to.equal('spec-unreadable');
    expect(code(() => expandSpecs(['*/x.yml'], list))).to.equal('usage');
  });
});
