/** The difference of two profiles as text, Markdown and JSON: three layers, each under its name. Pure. */
import type { Verdict } from '../model/model.ts';
import type { Access } from '../profile/semantics/access.ts';
import { failsGate, type WaivedDifferences } from '../profile/compare/waivers.ts';
import type { RuleChanges } from '../profile/compare/rule-changes.ts';
import type { Rule } from '../profile/syntax/ast.ts';
import { code, plain } from '../text/markdown.ts';
import { oneLine, relativeTo, visible } from '../text/visible.ts';

export interface Example {
  readonly access: Access;
  /** Absent: it was not asked, or cannot be asked that. */
  readonly kernel?: 'agrees' | 'disagrees';
}

export interface ProfileDiff {
  readonly name: string;
  /** A profile that only one side has is compared with nothing. */
  readonly status: 'both' | 'added' | 'removed';
  readonly rules: RuleChanges;
  readonly differences: readonly (Omit<WaivedDifferences, 'examples'> & { readonly examples: readonly Example[] })[];
}

export interface DiffReport {
  readonly base: string;
  readonly head: string;
  readonly profiles: readonly ProfileDiff[];
  readonly probes?: {
    readonly spec: string;
    readonly tried: number;
    readonly changed: readonly { readonly name: string; readonly base: Verdict; readonly head: Verdict }[];
  };
  readonly notes: readonly string[];
}

/** Newly allowed accesses that nothing waives. */
export function newlyAllowed({ profiles }: DiffReport): ProfileDiff['differences'] {
  return profiles.flatMap(({ differences }) => differences.filter((one) => failsGate({ ...one, examples: [] })));
}

/** Examples of which the kernel says otherwise: then our reading is wrong. */
export function contradictions({ profiles }: DiffReport): Example[] {
  return profiles.flatMap(({ differences }) =>
    differences.flatMap(({ examples }) => examples.filter(({ kernel }) => kernel === 'disagrees')),
  );
}

function isEmpty({ profiles, probes }: DiffReport): boolean {
  return (
    profiles.every(({ status, differences }) => status === 'both' && differences.length === 0) &&
    (probes?.changed.length ?? 0) === 0
  );
}

/** @param names gives files their place in a reader's eyes: a revision's copy is no path that means anything. */
export function diffJson(report: DiffReport): string {
  return JSON.stringify({ schema: 1, ...report, newlyAllowed: newlyAllowed(report).length }, undefined, 2);
}

type Write = (text: string) => string;
interface Style {
  readonly text: Write;
  readonly code: Write;
  readonly title: (level: number, text: string) => string;
  readonly item: (depth: number, text: string) => string;
  readonly root?: string;
  readonly places: readonly (readonly [string, string])[];
}

const LONGEST = 400;

/** @param places folders of copies, and what to call them. */
export function diffText(report: DiffReport, { root, places }: Pick<Style, 'root' | 'places'>): string[] {
  return lines(report, {
    text: visible,
    code: (text) => oneLine(text, LONGEST),
    title: (level, text) => (level === 1 ? text : `\n${'  '.repeat(level - 2)}${text}`),
    item: (depth, text) => `${'  '.repeat(depth + 1)}${text}`,
    places,
    ...(root === undefined ? {} : { root }),
  });
}

export function diffMarkdown(report: DiffReport, { root, places }: Pick<Style, 'root' | 'places'>): string {
  return `${lines(report, {
    text: (text) => plain(text, LONGEST),
    code: (text) => code(text, LONGEST),
    title: (level, text) => `\n${'#'.repeat(level + 1)} ${text}\n`,
    item: (depth, text) => `${'  '.repeat(depth)}- ${text}`,
    places,
    ...(root === undefined ? {} : { root }),
  }).join('\n')}\n`;
}

function lines(report: DiffReport, style: Style): string[] {
  const { text, title, item } = style;
  const open = newlyAllowed(report).length;
  const head = isEmpty(report)
    ? 'no difference'
    : open > 0
      ? `${open} newly allowed`
      : 'nothing newly allowed that is not waived';
  return [
    title(1, `${text(report.base)} ${text('→')} ${text(report.head)}: ${head}`),
    ...report.profiles.flatMap((profile) => profileLines(profile, style)),
    ...(report.probes === undefined
      ? []
      : [
          title(
            2,
            `Probes of ${text(report.probes.spec)} whose verdict changed: ${report.probes.changed.length} of ${report.probes.tried}`,
          ),
          ...report.probes.changed.map(({ name, base, head: is }) =>
            item(
              0,
              `${style.code(name)}: ${text(base.kind)} (${text(base.code)}) → ${text(is.kind)} (${text(is.code)}): ${text(is.reason)}`,
            ),
          ),
        ]),
    ...(report.notes.length === 0 ? [] : [title(2, 'Notes'), ...report.notes.map((note) => item(0, text(note)))]),
  ];
}

function profileLines({ name, status, rules, differences }: ProfileDiff, style: Style): string[] {
  const { text, title, item } = style;
  if (status !== 'both') return [title(2, `Profile ${style.code(name)}`), item(0, `was ${status}`)];
  const rule = (sign: string, one: Rule): string =>
    item(0, `${sign} ${style.code(one.text)} (${text(place(one, style))})`);
  const count = rules.added.length + rules.removed.length + rules.changed.length;
  if (count === 0 && differences.length === 0) return [];
  return [
    title(2, `Profile ${style.code(name)}`),
    title(3, `Rules: ${rules.added.length} added, ${rules.removed.length} removed, ${rules.changed.length} changed`),
    ...rules.added.map((one) => rule('+', one)),
    ...rules.removed.map((one) => rule('-', one)),
    ...rules.changed.map(({ base, head }) =>
      item(0, `${style.code(base.text)} → ${style.code(head.text)} (${text(place(head, style))})`),
    ),
    title(3, `Accesses that the compiled policy answers differently: ${differences.length}`),
    ...differences.flatMap((one) => differenceLines(one, style)),
  ];
}

const SAYS = {
  allowed: 'newly allowed',
  denied: 'newly denied',
  transition: 'runs under another profile',
  logging: 'logged differently',
} as const;

function differenceLines(one: ProfileDiff['differences'][number], style: Style): string[] {
  const { text, item } = style;
  const because = [
    ...one.base.map((rule) => `${style.code(rule.text)} was at ${text(place(rule, style))}`),
    ...one.head.map((rule) => `${style.code(rule.text)} is at ${text(place(rule, style))}`),
  ];
  const waiver =
    one.waiver === undefined
      ? one.expired === undefined
        ? ''
        : ` — the waiver of it expired on ${text(one.expired.until)}`
      : ` — waived until ${text(one.waiver.until)}: ${text(one.waiver.because)}`;
  return [
    item(
      0,
      `${SAYS[one.change]}: ${one.detail === undefined ? `${one.class} ${text(summary(one.permissions))}` : text(one.detail)}${waiver}`,
    ),
    ...one.examples.map(({ access, kernel }) =>
      item(
        1,
        `for example ${style.code(accessText(access))}${kernel === undefined ? ' (not confirmed)' : kernel === 'agrees' ? ' (the kernel agrees)' : ' (THE KERNEL DISAGREES)'}`,
      ),
    ),
    ...because.map((line) => item(1, `because ${line}`)),
  ];
}

function summary(permissions: readonly string[]): string {
  if (permissions.every((one) => one.length === 1)) return permissions.join('');
  return permissions.length > 8
    ? `${permissions.slice(0, 6).join(', ')} and ${permissions.length - 6} more`
    : permissions.join(', ');
}

/** An access in few words. */
function accessText(access: Access): string {
  const { class: kind, ...rest } = access;
  if (access.class === 'file')
    return `${access.permission} ${access.path}${access.target === undefined ? '' : ` -> ${access.target}`}${access.owner === false ? ' (of another user)' : ''}`;
  const words = Object.entries(rest as Readonly<Record<string, string | readonly string[]>>).map(
    ([key, value]) => [key, typeof value === 'string' ? value : value.join(',')] as const,
  );
  return [kind, ...words.flatMap(([key, value]) => (value === '' ? [] : [`${key}=${value}`]))].join(' ');
}

function place({ span: { file, line } }: Rule, { root, places }: Style): string {
  const copy = places.find(([folder]) => file.startsWith(folder));
  return `${copy === undefined ? relativeTo(root, file) : copy[1] + file.slice(copy[0].length)}:${line}`;
}
