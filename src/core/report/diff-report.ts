/** The difference of two profiles as text, Markdown and JSON: rules, accesses, probes. Pure. */
import { EXIT, type ExitCode } from '../model/errors.ts';
import type { Verdict } from '../model/model.ts';
import { defined } from '../model/optional.ts';
import { failsGate, type WaivedDifference } from '../profile/compare/waivers.ts';
import type { RuleChanges } from '../profile/compare/rule-changes.ts';
import type { Access } from '../profile/semantics/access.ts';
import type { Rule } from '../profile/syntax/ast.ts';
import { code, plain } from '../text/markdown.ts';
import { counted, oneLine, relativeTo, visible } from '../text/visible.ts';

export interface Example {
  readonly access: Access;
  /** What the kernel answers; absent when it was not asked, or cannot be asked that. */
  readonly kernel?: 'agrees' | 'disagrees';
}

export interface ProfileDiff {
  readonly name: string;
  /** A profile that only one side has is compared with nothing, but for a child: see `parent`. */
  readonly status: 'both' | 'renamed' | 'added' | 'removed';
  /** Of a renamed profile. */
  readonly formerName?: string;
  /** Of a child or hat that was added: the profile that it is compared with. */
  readonly parent?: string;
  readonly rules: RuleChanges;
  readonly differences: readonly (Omit<WaivedDifference, 'examples'> & { readonly examples: readonly Example[] })[];
}

type Difference = ProfileDiff['differences'][number];

interface ProbeChange {
  readonly name: string;
  readonly base: Verdict;
  readonly head: Verdict;
}

export interface DiffReport {
  readonly base: string;
  readonly head: string;
  readonly profiles: readonly ProfileDiff[];
  readonly probes?: {
    readonly spec: string;
    readonly tried: number;
    readonly changed: readonly ProbeChange[];
    /** Why the new profile is none under which probes can be tried: its mode, for example. */
    readonly refused: readonly string[];
    /** What went wrong in either run: then nothing is known of the probes. */
    readonly faults: readonly string[];
  };
  readonly notes: readonly string[];
  /** What could not be compared: there may be more differences. */
  readonly gaps: readonly string[];
}

/** How files are named. */
export interface DiffPlaces {
  /** Folder that file names are relative to. */
  readonly root?: string;
  /** Folders of copies, and what to call them: the path of a revision's copy means nothing to a reader. */
  readonly places: readonly (readonly [folder: string, name: string])[];
}

/** Newly allowed accesses that nothing waives. */
export function newlyAllowed({ profiles }: DiffReport): ProfileDiff['differences'] {
  return profiles.flatMap(({ differences }) =>
    differences.filter((difference) => failsGate({ ...difference, examples: [] })),
  );
}

/** Probes that passed, and do not any more; and those that fail and did not. */
export function regressions({ probes }: DiffReport): readonly ProbeChange[] {
  const changed = probes?.changed ?? [];
  return changed.filter(({ base, head }) => base.kind !== head.kind && (base.kind === 'pass' || head.kind === 'fail'));
}

/**
 * Red when something is newly allowed without a waiver, or a probe no longer passes. When the kernel contradicts the
 * comparison, or the probes could not be run, nothing is proved; where something could not be compared, not enough.
 */
export function diffExit(report: DiffReport): ExitCode {
  if (contradictions(report).length > 0 || (report.probes?.faults ?? []).length > 0) return EXIT.broken;
  const isRefused = (report.probes?.refused ?? []).length > 0;
  if (isRefused || newlyAllowed(report).length > 0 || regressions(report).length > 0) return EXIT.failed;
  return report.gaps.length > 0 ? EXIT.undecided : EXIT.ok;
}

/** Examples that the kernel answers differently: then our reading of the profiles is wrong. */
export function contradictions({ profiles }: DiffReport): Example[] {
  const examples = profiles.flatMap(({ differences }) => differences.flatMap((difference) => difference.examples));
  return examples.filter(({ kernel }) => kernel === 'disagrees');
}

/** The whole report, with the number of accesses that fail the gate. */
export function diffJson(report: DiffReport): string {
  return JSON.stringify(
    { schema: 1, ...report, newlyAllowed: newlyAllowed(report).length, exitCode: diffExit(report) },
    undefined,
    2,
  );
}

type Write = (text: string) => string;

/** How the report is laid out: as text or as Markdown. */
interface Style extends DiffPlaces {
  /** Foreign text as text, and as code. */
  readonly text: Write;
  readonly code: Write;
  /** @param level 1 is the report's own */
  readonly title: (level: number, text: string) => string;
  /** @param depth 0 is the outermost */
  readonly item: (depth: number, text: string) => string;
}

/** Longest text and rule. */
const WIDTH = 400;
/** Most permissions that are all listed, and how many are when there are more. */
const MOST_PERMISSIONS = 8;
const FIRST_PERMISSIONS = 6;

/** The report for a terminal. */
export function diffText(report: DiffReport, { root, places }: DiffPlaces): string[] {
  const style: Style = defined({
    text: visible,
    code: (text: string) => oneLine(text, WIDTH),
    title: (level: number, text: string) => (level === 1 ? text : `\n${'  '.repeat(level - 2)}${text}`),
    item: (depth: number, text: string) => `${'  '.repeat(depth + 1)}${text}`,
    places,
    root,
  });
  return reportLines(report, style);
}

/** The report for a job summary. */
export function diffMarkdown(report: DiffReport, { root, places }: DiffPlaces): string {
  const style: Style = defined({
    text: (text: string) => plain(text, WIDTH),
    code: (text: string) => code(text, WIDTH),
    title: (level: number, text: string) => `\n${'#'.repeat(level + 1)} ${text}\n`,
    item: (depth: number, text: string) => `${'  '.repeat(depth)}- ${text}`,
    places,
    root,
  });
  return `${reportLines(report, style).join('\n')}\n`;
}

function reportLines(report: DiffReport, style: Style): string[] {
  const { text, title } = style;
  return [
    title(1, `${text(report.base)} → ${text(report.head)}: ${resultText(report)}`),
    ...report.profiles.flatMap((profile) => profileLines(profile, style)),
    ...probeLines(report, style),
    ...listLines('Not compared', report.gaps, style),
    ...listLines('Notes', report.notes, style),
  ];
}

function resultText(report: DiffReport): string {
  const allowed = newlyAllowed(report).length;
  const failed = regressions(report).length;
  const parts = [
    ...(allowed > 0 ? [`${allowed} newly allowed`] : []),
    ...(failed > 0 ? [`${counted(failed, 'probe')} no longer ${failed === 1 ? 'passes' : 'pass'}`] : []),
    ...((report.probes?.refused ?? []).length > 0 ? ['the probes can no longer be tried'] : []),
    ...((report.probes?.faults ?? []).length > 0 ? ['the probes could not be compared'] : []),
    ...(report.gaps.length > 0 ? ['not all could be compared'] : []),
  ];
  if (parts.length > 0) return parts.join(', ');
  return isEmpty(report) ? 'no difference' : 'nothing newly allowed without a waiver';
}

function isEmpty({ profiles, probes }: DiffReport): boolean {
  const isSame = profiles.every(({ status, differences }) => status === 'both' && differences.length === 0);
  return isSame && (probes === undefined || probes.changed.length === 0);
}

function probeLines({ probes }: DiffReport, style: Style): readonly string[] {
  if (probes === undefined) return [];
  const { spec, tried, changed, refused, faults } = probes;
  return [
    style.title(2, `Probes of ${style.text(spec)} whose verdict changed: ${changed.length} of ${tried}`),
    ...changed.map((change) => style.item(0, probeText(change, style))),
    ...refused.map((fault) => style.item(0, `no longer tried: ${style.text(fault)}`)),
    ...faults.map((fault) => style.item(0, `could not be compared: ${style.text(fault)}`)),
  ];
}

function probeText({ name, base, head }: ProbeChange, style: Style): string {
  const verdict = ({ kind, code: word }: Verdict): string => `${style.text(kind)} (${style.text(word)})`;
  return `${style.code(name)}: ${verdict(base)} → ${verdict(head)}: ${style.text(head.reason)}`;
}

function listLines(heading: string, lines: readonly string[], { text, title, item }: Style): readonly string[] {
  return lines.length === 0 ? [] : [title(2, heading), ...lines.map((line) => item(0, text(line)))];
}

function profileLines(profile: ProfileDiff, style: Style): readonly string[] {
  const { name, status, formerName, rules, differences } = profile;
  const { title, item } = style;
  const heading = title(2, `Profile ${style.code(name)}`);
  if (status === 'added' || status === 'removed')
    return [heading, item(0, `was ${status}`), ...oneSidedLines(profile, style)];

  const changes = rules.added.length + rules.removed.length + rules.changed.length;
  if (status === 'both' && changes === 0 && differences.length === 0) return [];
  return [
    heading,
    ...(formerName === undefined ? [] : [item(0, `was called ${style.code(formerName)}: compared as a rename`)]),
    ...ruleLines(rules, style),
    title(3, `Accesses that the compiled policies decide differently: ${differences.length}`),
    ...differences.flatMap((difference) => differenceLines(difference, style)),
  ];
}

function oneSidedLines({ parent, differences }: ProfileDiff, style: Style): readonly string[] {
  if (parent === undefined) return differences.flatMap((difference) => differenceLines(difference, style));
  return [
    style.title(3, `Accesses that ${style.code(parent)}, which can enter it, did not have: ${differences.length}`),
    ...differences.flatMap((difference) => differenceLines(difference, style)),
  ];
}

function ruleLines({ added, removed, changed }: RuleChanges, style: Style): readonly string[] {
  const { title, item } = style;
  return [
    title(3, `Rules: ${added.length} added, ${removed.length} removed, ${changed.length} changed`),
    ...added.map((rule) => item(0, `+ ${ruleText(rule, style)}`)),
    ...removed.map((rule) => item(0, `- ${ruleText(rule, style)}`)),
    ...changed.map(({ base, head }) => item(0, `${style.code(base.text)} → ${ruleText(head, style)}`)),
  ];
}

function ruleText(rule: Rule, style: Style): string {
  return `${style.code(rule.text)} (${style.text(place(rule, style))})`;
}

const CHANGE = {
  allowed: 'newly allowed',
  denied: 'newly denied',
  loosened: 'newly allowed',
  tightened: 'newly denied',
  transition: 'executed differently',
  logging: 'logged differently',
} as const;

/** A profile that nothing enters is neither allowed nor denied. */
function changeText({ change, class: name }: Difference): string {
  return name === 'profile' && change === 'tightened' ? 'nothing newly allowed' : CHANGE[change];
}

function differenceLines(difference: Difference, style: Style): readonly string[] {
  const { item } = style;
  const placed = (rule: Rule, verb: string): string =>
    item(1, `because ${style.code(rule.text)} ${verb} at ${style.text(place(rule, style))}`);
  return [
    item(0, `${changeText(difference)}: ${accessesText(difference, style)}${waiverText(difference, style)}`),
    ...difference.examples.map((example) => item(1, exampleText(example, style))),
    ...difference.base.map((rule) => placed(rule, 'was')),
    ...difference.head.map((rule) => placed(rule, 'is')),
  ];
}

/** What changed; a detail stands alone where there is no access that it is about. */
function accessesText({ detail, class: kind, permissions, examples }: Difference, { text }: Style): string {
  const accesses = [kind, text(permissionsText(permissions))].filter((word) => word !== '').join(' ');
  if (detail === undefined) return accesses;
  return examples.length === 0 ? text(detail) : `${accesses} (${text(detail)})`;
}

function waiverText({ waiver, expired }: Difference, { text }: Style): string {
  if (waiver !== undefined) return ` — waived until ${text(waiver.until)}: ${text(waiver.because)}`;
  if (expired !== undefined) return ` — its waiver expired on ${text(expired.until)}`;
  return '';
}

function exampleText({ access, kernel }: Example, style: Style): string {
  return `for example ${style.code(accessText(access))} (${kernelText(kernel)})`;
}

function kernelText(kernel: Example['kernel']): string {
  if (kernel === undefined) return 'not confirmed';
  return kernel === 'agrees' ? 'the kernel agrees' : 'THE KERNEL DISAGREES';
}

/** Permissions of files are letters, written together: `rw`; others are words. */
function permissionsText(permissions: readonly string[]): string {
  if (permissions.every(({ length }) => length === 1)) return permissions.join('');
  if (permissions.length <= MOST_PERMISSIONS) return permissions.join(', ');
  return `${permissions.slice(0, FIRST_PERMISSIONS).join(', ')} and ${permissions.length - FIRST_PERMISSIONS} more`;
}

/** An access in few words: `w /etc/passwd`, `network family=inet type=stream`. */
function accessText(access: Access): string {
  if (access.class === 'file') {
    const { permission, path, target, owner } = access;
    const link = target === undefined ? '' : ` -> ${target}`;
    return `${permission} ${path}${link}${owner === false ? ' (of another user)' : ''}`;
  }
  const { class: kind, ...rest } = access;
  const words = Object.entries(rest as Readonly<Record<string, string | readonly string[]>>).map(([key, value]) => {
    const text = typeof value === 'string' ? value : value.join(',');
    return text === '' ? '' : ` ${key}=${text}`;
  });
  return `${kind}${words.join('')}`;
}

function place({ span: { file, line } }: Rule, { root, places }: DiffPlaces): string {
  const copy = places.find(([folder]) => file.startsWith(folder));
  if (copy === undefined) return `${relativeTo(root, file)}:${line}`;
  const [folder, name] = copy;
  return `${name}${file.slice(folder.length)}:${line}`;
}
