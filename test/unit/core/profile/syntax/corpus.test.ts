/**
 * AppArmor's own corpus, where APPARMOR_SOURCE names an unpacked source of apparmor; it is GPL, so it is not kept here.
 * With apparmor_parser (APPARMOR_PARSER, or from the PATH), what was read is printed and compiled: the policy must be
 * the same as the original's.
 */
import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { includeFinder } from '#adapters/kernel/parser/include-paths.ts';
import { printProfile } from '../print.ts';
import { isRead, readProfileText } from '#core/profile/syntax/read-profile-text.ts';
import type { ProfileText, ReadProblem } from '#core/profile/syntax/ast.ts';

const tree = process.env['APPARMOR_SOURCE'];
const parser = process.env['APPARMOR_PARSER'] ?? 'apparmor_parser';

/** The parser rejects these, though they are marked as valid. */
const NOT_COMPILED = [
  'abi/ok_10.sd',
  'abi/ok_11.sd',
  'abi/ok_12.sd',
  'file/ok_bare_1.sd',
  'file/priority/ok_bare_1.sd',
];
/** A path without a slash, which cannot be written in quotes. */
const NOT_PRINTED = ['vars/vars_file_evaluation_5.sd'];

/** Registered only where there is a corpus: elsewhere read-rules.test.ts has cases of every family. */
if (tree !== undefined) {
  const tests = join(tree, 'parser/tst');
  const root = join(tests, 'simple_tests');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sd'))
    .sort();
  // no text of the corpus is UTF-8 by promise: every byte is a character here
  const valid = files
    .map((name) => ({ name, text: readFileSync(join(root, name), 'latin1') }))
    .filter(({ text }) => /^#=EXRESULT PASS/m.test(text));
  const read = (name: string, text: string): ProfileText | ReadProblem =>
    readProfileText(name, text, includeFinder({ base: root, folder: tests }));
  const parse = (action: string, input: string): { status: number | null; stdout: Buffer } =>
    spawnSync(
      parser,
      ['--config-file=./parser.conf', '-M', 'features_files/features.all', '-Q', '-K', '-I', root, action],
      { cwd: tests, input: Buffer.from(input, 'latin1'), maxBuffer: 1 << 28 },
    );

  describe("readProfileText on AppArmor's corpus", () => {
    it('reads every profile that is marked as valid', () => {
      expect(valid).to.have.length.above(1_000);
      expect(
        valid.flatMap(({ name, text }) => {
          const result = read(name, text);
          return isRead(result) ? [] : [`${name}:${result.line}: ${result.message}`];
        }),
      ).to.deep.equal([]);
    });

    const hasParser = spawnSync(parser, ['--version']).status === 0;
    if (hasParser) {
      it('reads what compiles to the same policy when it is printed, and the names that the parser lists', function () {
        this.timeout(1_800_000);
        const wrong: string[] = [];
        for (const { name, text } of valid) {
          const result = read(name, text);
          const original = parse('-S', text);
          if (!isRead(result) || original.status !== 0) {
            if (!NOT_COMPILED.includes(name)) wrong.push(`${name}: not compiled`);
            continue;
          }
          if (NOT_PRINTED.includes(name)) continue;
          if (!parse('-S', printProfile(result)).stdout.equals(original.stdout)) wrong.push(`${name}: another policy`);
          const names = parse('-N', text)
            .stdout.toString('latin1')
            .split('\n')
            .filter((line) => line !== '')
            .sort();
          // -N leaves variables in names, which the loaded policy does not have
          if (!names.some((one) => one.includes('@{'))) {
            const ours = result.profiles.map((profile) => profile.name).sort();
            if (ours.join('\n') !== names.join('\n'))
              wrong.push(`${name}: ${ours.join(' ')} in place of ${names.join(' ')}`);
          }
        }
        expect(wrong).to.deep.equal([]);
      });
    }
  });
}
