/** What each command gets from its options. src/cli/options.ts has the options themselves. */
import type { LogChoice } from '#adapters/kernel/log/kernel-log.ts';
import type { LabSuite } from '#adapters/lab/image/recipe.ts';
import type { IncludeFolders } from '#core/model/model.ts';
import type { Operator } from '#core/mutation/operators.ts';

/** Where a command runs: `auto` is this host when it can, else the lab guest. */
export type HostChoice = 'auto' | 'local' | 'lab';

/** `-I` and `-b`: where a profile's includes are searched. */
export interface IncludeArguments {
  readonly include: readonly string[];
  readonly base?: string;
}

export interface RunArguments extends IncludeArguments {
  readonly host: HostChoice;
  readonly labSuite: LabSuite;
  readonly profile?: string;
  readonly image?: string;
  readonly reportDir: string;
  readonly grep?: string;
  readonly bail: boolean;
  readonly inPlace: boolean;
  readonly keepAuditSwitch: boolean;
  readonly log: LogChoice;
  readonly coverage: boolean;
  /** 0 to 100. */
  readonly minCoverage?: number;
}

export interface RulesArguments extends IncludeArguments {
  readonly json: boolean;
}

export interface DiffArguments extends IncludeArguments {
  /** `none` compares the profiles without a kernel. */
  readonly host: HostChoice | 'none';
  readonly labSuite: LabSuite;
  readonly spec?: string;
  readonly json: boolean;
  readonly markdown?: string;
  /** What reports call files and folders that are copies, by their absolute paths. */
  readonly as?: Readonly<Record<string, string>>;
  /** In a repeated command: where the includes of each side are searched, in place of `include` and `base`. */
  readonly sideFolders?: { readonly base: IncludeFolders; readonly head: IncludeFolders };
}

export interface DiffSpecsArguments extends IncludeArguments {
  readonly since: string;
  readonly markdown: string;
  readonly profile?: string;
  readonly host: HostChoice | 'none';
  readonly labSuite: LabSuite;
}

export interface MutateArguments extends IncludeArguments {
  readonly host: HostChoice;
  readonly labSuite: LabSuite;
  readonly profile?: string;
  readonly image?: string;
  readonly reportDir: string;
  readonly grep?: string;
  readonly operators?: readonly Operator[];
  /** How many mutants of each operator. */
  readonly sample?: number;
  readonly seed?: number;
  readonly included: boolean;
  readonly writeProbes: boolean;
  /** 0 to 100. */
  readonly minScore?: number;
  readonly log: LogChoice;
}

export interface InitArguments extends IncludeArguments {
  readonly profile: string;
  /** Which profile of the file. */
  readonly name?: string;
  readonly image: string;
  readonly build?: string;
  readonly output?: string;
  readonly force: boolean;
  readonly host: HostChoice;
  readonly labSuite: LabSuite;
  /** In a guest: where the spec is written. Its paths are relative to `output`, where it is copied afterwards. */
  readonly writeTo?: string;
}

export interface LabArguments {
  readonly labSuite: LabSuite;
}

/** The options of each command that has some. */
export interface CommandArguments {
  readonly run: RunArguments;
  readonly rules: RulesArguments;
  readonly diff: DiffArguments;
  readonly 'diff-specs': DiffSpecsArguments;
  readonly mutate: MutateArguments;
  readonly init: InitArguments;
  /** `lab build`, `lab exec` and `lab shell`. */
  readonly lab: LabArguments;
  readonly 'lab destroy': Partial<LabArguments>;
}

export type CommandName = keyof CommandArguments;
