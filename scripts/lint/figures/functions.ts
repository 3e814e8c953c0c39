/** What ESLint's own rules say of functions and statements, without any configuration of the checkout. */
import { ESLint, type Linter } from 'eslint';
import { relative } from 'node:path';
import tseslint from 'typescript-eslint';
import { LIMITS } from '../limits.mjs';

/** The rules that are counted. */
const RULES = {
  complexity: ['error', LIMITS.complexity],
  'max-params': ['error', LIMITS.parameters],
  'max-statements-per-line': ['error', { max: LIMITS.statements }],
  'no-nested-ternary': ['error'],
} satisfies Linter.RulesRecord;

export type CountedRule = keyof typeof RULES;

/** A place that breaks a rule. */
export interface Finding {
  readonly rule: CountedRule;
  /** Relative to the checkout. */
  readonly file: string;
  readonly line: number;
  /** Of a complex function, its name and its complexity: `convert (44)`. Of other rules, what ESLint says. */
  readonly text: string;
  /** Set when a comment in the source exempts it: the reason that the comment gives. */
  readonly exempt?: string;
}

/** All findings in the TypeScript and JavaScript below some folders of a checkout. Both paths as ESLint takes them. */
export async function findings(root: string, folders: readonly string[]): Promise<Finding[]> {
  const eslint = new ESLint({
    cwd: root,
    overrideConfigFile: true, // no configuration file of the checkout
    overrideConfig: [
      {
        files: ['**/*.{ts,mts,mjs}'],
        languageOptions: { parser: tseslint.parser },
        linterOptions: { reportUnusedDisableDirectives: 'off' },
        rules: RULES,
      },
    ],
    errorOnUnmatchedPattern: false,
  });
  const results = await eslint.lintFiles(folders.map((folder) => `${folder}/**/*.{ts,mts,mjs}`));

  return results.flatMap(({ filePath, messages, suppressedMessages }) => {
    const file = relative(root, filePath);
    return [
      ...messages.flatMap((message) => findingOf(file, message)),
      ...suppressedMessages.flatMap((message) =>
        findingOf(file, message).map((finding) => ({
          ...finding,
          exempt: message.suppressions.map(({ justification }) => justification).join('; '),
        })),
      ),
    ];
  });
}

function findingOf(file: string, { ruleId, line, message }: Linter.LintMessage): Finding[] {
  if (ruleId === null) throw new Error(`${file}:${line}: ${message}`); // it could not be parsed
  if (!isCounted(ruleId)) return []; // a suppression of some other rule
  return [{ rule: ruleId, file, line, text: ruleId === 'complexity' ? complexFunction(message) : message }];
}

function isCounted(rule: string): rule is CountedRule {
  return rule in RULES;
}

/** `Function 'convert' has a complexity of 44. Maximum allowed is 15.` in short: `convert (44)`. */
export function complexFunction(message: string): string {
  const [, kind = message, complexity = '?'] = /^(.*) has a complexity of (\d+)/.exec(message) ?? [];
  const name = /'(.*)'/.exec(kind)?.[1] ?? kind.toLowerCase();
  return `${name} (${complexity})`;
}
