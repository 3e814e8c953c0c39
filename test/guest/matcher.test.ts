/** What our reading of a profile says of a path, the kernel says of it too: generated paths against loaded policy. */
import { expect } from 'chai';
import { join } from 'node:path';
import { foldersOf, includeFinder } from '#adapters/kernel/parser/include-paths.ts';
import { compile, readProfile } from '#adapters/kernel/parser/apparmor-parser.ts';
import { removeProfile, replacePolicy } from '#adapters/kernel/securityfs/loaded-profiles.ts';
import { BITS, PolicyQuery } from '#adapters/kernel/securityfs/access-query.ts';
import { SOCKET_FAMILIES, SOCKET_TYPES } from '#core/model/linux.ts';
import { answer, decideAccess } from '#core/profile/semantics/decide-access.ts';
import { covers, policyOf, surroundingsOf, type CompiledDomain } from '#core/profile/semantics/policy.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { ProfileBlock } from '#core/profile/syntax/ast.ts';
import { PATH, row } from '#core/profile/patterns/possible-names.ts';
import { file, ROOT } from './kit.ts';

/** Every trap that expressions have. */
const TORTURE = String.raw`abi <abi/3.0>,
@{SET} = /var/lib /opt/*
alias /alias/ -> /other/,
profile torture flags=(attach_disconnected) {
  /sys/[^f]*/** r,
  /sys/f[^s]*/** rw,
  /proc/{*,**^[0-9*],sys/kernel/shm*} wk,
  /{,usr/}{,local/}bin/{sh,da{sh,ta},} rm,
  /empty/{,a,{,b}}{,c} r,
  /edge/* r,
  /edge/*/ w,
  /edge/**/ a,
  /edge/**/end k,
  /edge/***x m,
  /edge/?/??/?* r,
  /class/[a-c][x-z][^a-c]* r,
  /class/[b*]c w,
  /class/[*?]d k,
  /class/[\]\[]e m,
  /class/[a\-z]f r,
  "/esc/\*\?\{\}\[\]\\\,x" r,
  "/esc/with space/\052\x2a\d42/**" w,
  /esc/tab\t/new\n* r,
  /utf/ü[ö]* rw,
  //double///slashes//* r,
  @{SET}/data/** rwk,
  deny @{SET}/data/secret/** w,
  /alias/dir/** r,
  deny /edge/deny*/** rwkm,
  /own/** r,
  owner /own/mine* rw,
  deny owner /own/no* r,
  /append/** a,
  deny /append/*.log a,
  /exec/* ix,
  /exec/px px -> other,
  deny /exec/no* x,
  /link/** l,
  deny /link/no* l,
  link /link2/a* -> /target/b*,
  ^hat {
    /hat/** r,
  }
}
`;

const LETTERS = ['r', 'w', 'a', 'x', 'm', 'k'] as const;
const PATHS = 100_000;

/** The same numbers in every run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const PIECES = [
  '/',
  '//',
  'x',
  'f',
  's',
  '0',
  '9',
  '*',
  '^',
  '[',
  ']',
  '{',
  '}',
  ',',
  '?',
  '\\',
  '.',
  '..',
  ' ',
  '\n',
  'ü',
  '\x01',
  '\x7f',
  'bin',
  'sh',
  'end',
  'secret',
  'no',
  'mine',
]
  .map((text) => Buffer.from(text))
  .concat([Buffer.from([0x80]), Buffer.from([0xff]), Buffer.from([0xc3])]);

/** Paths near the edges of every expression: examples of all that matches, changed in a few places. */
function* paths({ automaton }: CompiledDomain, count: number, seed: number): Generator<Buffer> {
  const { sets, complete } = automaton.tagSets(PATH, { examples: 12 });
  expect(complete).to.equal(true);
  const seeds = sets.flatMap(({ examples }) => examples.map((one) => Buffer.from(one)));
  yield* seeds;
  const pick = numbers(seed);
  for (let left = count - seeds.length; left > 0; left -= 1) {
    let path = seeds[pick(seeds.length)]!;
    for (let changes = 1 + pick(3); changes > 0; changes -= 1) {
      const at = 1 + pick(path.length);
      const piece = PIECES[pick(PIECES.length)]!;
      const kind = pick(5);
      if (kind === 0) path = Buffer.concat([path.subarray(0, at), path.subarray(Math.min(path.length, at + 1))]);
      else if (kind === 1)
        path = Buffer.concat([path.subarray(0, at), piece, path.subarray(Math.min(path.length, at + 1))]);
      else if (kind === 2) path = Buffer.concat([path.subarray(0, at), piece, path.subarray(at)]);
      else if (kind === 3) path = Buffer.concat([path, Buffer.from('/'), piece]);
      else {
        const other = seeds[pick(seeds.length)]!;
        path = Buffer.concat([path.subarray(0, at), other.subarray(pick(other.length))]);
      }
    }
    yield path.subarray(0, 2000);
  }
}

/** Bits that the rules allow of a path: what the kernel has to say, by our reading. */
function allowedBits(compiled: CompiledDomain, whose: string): (path: Uint8Array) => number {
  const known = new Map<readonly number[], number>();
  return (path) => {
    const tags = compiled.automaton.match(path);
    let bits = known.get(tags);
    if (bits === undefined) {
      const said = tags.flatMap((tag) => compiled.byTag[tag] ?? []);
      bits = LETTERS.reduce(
        (sum, letter) =>
          answer(said.filter((grant) => covers(grant, [letter, whose]))).allowed ? sum | BITS[letter] : sum,
        0,
      );
      known.set(tags, bits);
    }
    return bits;
  };
}

interface Loaded {
  readonly name: string;
  readonly block: ProfileBlock;
  readonly surroundings: ReturnType<typeof surroundingsOf>;
}

async function load(path: string, name: string): Promise<Loaded> {
  const source = readProfile(path);
  replacePolicy((await compile(path, source)).policy);
  const text = readProfileText(path, source, includeFinder(foldersOf(path, {})));
  if (!isRead(text)) throw new Error(`${path}:${text.line}: ${text.message}`);
  const block = text.profiles.find((one) => one.name === name)!;
  const surroundings = surroundingsOf(text, block);
  expect(policyOf(block, surroundings).unreadable).to.deep.equal([]);
  return { name, block, surroundings };
}

describe('our reading of rules and the kernel', () => {
  const loaded: Loaded[] = [];
  let line: PolicyQuery | undefined;
  const MASK = LETTERS.reduce((sum, letter) => sum | BITS[letter], 0);

  before(async () => {
    for (const [path, name] of [
      [join(ROOT, 'profiles/docker-nginx'), 'docker-nginx'],
      [join(ROOT, 'profiles/docker-default'), 'docker-default'],
      [file('torture', TORTURE), 'torture'],
    ] as const)
      loaded.push(await load(path, name));
    line = new PolicyQuery();
  });
  after(() => {
    process.seteuid?.(0);
    line?.close();
    removeProfile('torture');
    removeProfile('docker-nginx');
  });

  for (const [whose, share] of [
    ['owner', 1],
    ['other', 0.1],
  ] as const) {
    it(`agree on each of ${PATHS * share} generated paths and six permissions, asked as ${whose}`, () => {
      let asked = 0;
      const wrong: string[] = [];
      // only when root asks does the kernel take the one who asks for the owner
      if (whose === 'other') process.seteuid?.(1);
      for (const [i, { name, block, surroundings }] of loaded.entries()) {
        const compiled = policyOf(block, surroundings).domains.file;
        const expected = allowedBits(compiled, whose);
        for (const path of paths(compiled, Math.ceil((PATHS * share) / loaded.length), i + 1)) {
          const ours = expected(path);
          const theirs = line?.file(name, path);
          asked += 1;
          if (theirs === undefined || (theirs & MASK) !== ours)
            wrong.push(
              [
                `${name}: ${JSON.stringify(path.toString())}:`,
                `ours ${ours.toString(16)}, the kernel's ${theirs?.toString(16) ?? 'none'}`,
              ].join(' '),
            );
        }
      }
      console.log(`        ${asked} paths asked as ${whose}, ${wrong.length} disagreements`);
      expect(asked).to.be.at.least(PATHS * share);
      expect(wrong.slice(0, 20), `${wrong.length} of ${asked}`).to.deep.equal([]);
    });
  }

  it('agree on links and what they may link to', () => {
    process.seteuid?.(0);
    let asked = 0;
    const wrong: string[] = [];
    for (const [i, { name, block, surroundings }] of loaded.entries()) {
      const compiled = policyOf(block, surroundings).domains.link;
      const pairs = compiled.automaton
        .tagSets(row(PATH, PATH), { examples: 6 })
        .sets.flatMap(({ examples }) => examples.map((one) => Buffer.from(one)));
      const pick = numbers(i + 7);
      for (let left = 3000; left > 0; left -= 1) {
        const pair = pairs[pick(pairs.length)]!;
        const at = 1 + pick(pair.length - 1);
        const changed =
          pick(4) === 0 ? pair : Buffer.concat([pair.subarray(0, at), PIECES[pick(PIECES.length)]!, pair.subarray(at)]);
        const said = compiled.automaton
          .match(changed)
          .flatMap((tag) => compiled.byTag[tag] ?? [])
          .filter((grant) => covers(grant, ['owner']));
        const theirs = line?.file(name, changed);
        asked += 1;
        if (theirs === undefined || ((theirs & BITS.l) !== 0) !== answer(said).allowed)
          wrong.push(`${name}: ${JSON.stringify(changed.toString())}: the kernel's ${theirs?.toString(16) ?? 'none'}`);
      }
    }
    console.log(`        ${asked} pairs asked, ${wrong.length} disagreements`);
    expect(wrong.slice(0, 20), `${wrong.length} of ${asked}`).to.deep.equal([]);
  });

  it('agree on every family and type of sockets', () => {
    let asked = 0;
    const wrong: string[] = [];
    for (const { name, block } of loaded) {
      for (const [family, number] of Object.entries(SOCKET_FAMILIES)) {
        for (const [type, kind] of Object.entries(SOCKET_TYPES)) {
          const theirs = line?.network(name, number, kind);
          const ours = decideAccess(block, { class: 'network', family, type }).allowed;
          asked += 1;
          if (theirs === undefined || ((theirs & 0x10) !== 0) !== ours)
            wrong.push(
              `${name}: ${family} ${type}: ours ${String(ours)}, the kernel's ${theirs?.toString(16) ?? 'none'}`,
            );
        }
      }
    }
    console.log(`        ${asked} kinds of sockets asked, ${wrong.length} disagreements`);
    expect(wrong.slice(0, 20), `${wrong.length} of ${asked}`).to.deep.equal([]);
  });
});
