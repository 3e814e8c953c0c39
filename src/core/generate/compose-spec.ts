/** Writes chosen probes as the spec of a person: grouped by rule, named, short by matrices. Pure. */
import type { Rule } from '../profile/syntax/ast.ts';
import { visible } from '../text/visible.ts';
import type { Choice } from './choose-probes.ts';
import type { ExtraProbe } from './peer-and-flag-probes.ts';
import type { Predicted } from './predict.ts';
import { probeName } from './probe-names.ts';
import type { Untestable } from './untestable-changes.ts';

/** What the head of the spec says. */
export interface SpecHead {
  readonly title: string;
  /** As the spec names it: relative to its folder. */
  readonly profile: string;
  readonly image: string;
  readonly build?: string;
  readonly sysctls: Readonly<Record<string, string>>;
  /** A folder that is mounted in another's place: as the spec names it, and where. */
  readonly standIn?: { readonly source: string; readonly target: string };
  /** Peers, each under the profile of its name. */
  readonly peers: readonly string[];
  readonly untestable?: readonly Untestable[];
}

/** Rules that stand together, under one comment. */
interface Group {
  readonly rules: readonly Rule[];
  readonly because?: string;
}

/** Rules of the file itself, those on adjoining lines together. */
export function groupsOf(rules: readonly Rule[]): Group[] {
  const groups: { rules: Rule[]; because?: string }[] = [];
  let last: Rule | undefined;
  for (const rule of rules) {
    const current = groups.at(-1);
    const joins =
      last !== undefined &&
      rule.comment === undefined &&
      rule.profile === last.profile &&
      rule.span.line <= last.span.line + 1 &&
      rule.kind === last.kind;
    if (joins && current !== undefined) current.rules.push(rule);
    else groups.push({ rules: [rule], ...(rule.comment === undefined ? {} : { because: sentence(rule.comment) }) });
    last = rule;
  }
  return groups;
}

function sentence(comment: string): string {
  const text = comment.replaceAll(/\s+/g, ' ').trim();
  return text.length <= 300 ? text : `${text.slice(0, 300).replace(/\s+\S*$/, '')} …`;
}

/** Everything above the probes. */
export function specHead(head: SpecHead): string {
  return [
    '# Written by `apparmor-probe init` from the rules of the profile and the files of the image; every probe held when it was written.',
    '# Nothing but the profile stands in the way here (`only-apparmor`), so that each denial is its own. It is yours now: take',
    '# away what does not matter, and add what the service must still be able to do (docs/spec.md).',
    `title: ${scalar(head.title)}`,
    `profile: ${scalar(head.profile)}`,
    'container:',
    `  image: ${scalar(head.image)}`,
    ...(head.build === undefined ? [] : [`  build: ${scalar(head.build)}`]),
    '  only-apparmor: true',
    '  hold: true',
    ...(Object.keys(head.sysctls).length === 0
      ? []
      : ['  sysctls:', ...Object.entries(head.sysctls).map(([key, value]) => `    ${key}: ${scalar(value)}`)]),
    ...(head.standIn === undefined
      ? []
      : [
          '  mounts:',
          `    # Stands in for ${head.standIn.target}, where a container cannot write, lock, link or execute: a rule about a name needs something of that name.`,
          `    - {source: ${scalar(head.standIn.source)}, target: ${head.standIn.target}, read-only: false}`,
        ]),
    ...(head.peers.length === 0 ? [] : ['', 'peers:', ...head.peers.map((peer) => `  ${peer}: {profile: ${peer}}`)]),
    ...(head.untestable === undefined || head.untestable.length === 0
      ? []
      : [
          '',
          '# What `apparmor-probe mutate` need not wait for.',
          'untestable:',
          ...head.untestable.flatMap(({ rule, becomes, because }) => [
            `  - rule: ${scalar(rule)}`,
            `    becomes: ${scalar(becomes)}`,
            `    because: ${scalar(because)}`,
          ]),
        ]),
    '',
    'probes:',
  ].join('\n');
}

/** The spec as YAML. */
export function composeSpec(
  head: SpecHead,
  groups: readonly Group[],
  choices: readonly Choice[],
  extras: readonly ExtraProbe[],
  place: (rule: Rule) => string,
): string {
  const lines = [specHead(head)];
  for (const { rules, because } of groups) {
    const own = rules.flatMap((rule) => choices.filter((choice) => choice.rule === rule));
    for (const rule of rules)
      lines.push(
        `  # ${place(rule)}: ${comment(rule.text)}${[...choices, ...extras].some((one) => one.rule === rule) ? '' : reasonless(rule, choices)}`,
      );
    lines.push(
      ...probeLines(own, because),
      ...extras.filter(({ rule }) => rule !== undefined && rules.includes(rule)).flatMap(extraProbe),
      '',
    );
  }
  const flags = extras.filter(({ rule }) => rule === undefined).flatMap(extraProbe);
  if (flags.length > 0) lines.push('  # the flags of the profile', ...flags);
  return `${lines.join('\n').trimEnd()}\n`;
}

/** A rule without a probe of its own may be at work in another's. */
function reasonless(rule: Rule, choices: readonly Choice[]): string {
  const shared = choices.some(({ predicted }) => predicted.rules.has(rule));
  return shared ? '  (shown by probes of other rules)' : '  (no probe: nothing in this image shows it)';
}

function comment(text: string): string {
  return visible(text.replaceAll(/\s+/g, ' '));
}

/** Probes that differ in their path alone become one with a matrix. */
function probeLines(choices: readonly Choice[], because: string | undefined): string[] {
  const together = new Map<string, Choice[]>();
  for (const choice of choices) {
    const key = JSON.stringify([patternOf(choice.predicted), expectation(choice.predicted), choice.alias]);
    together.set(key, [...(together.get(key) ?? []), choice]);
  }
  return [...together.values()].flatMap((same, i) => probe(same, i === 0 ? because : undefined));
}

function patternOf({ candidate: { words, path } }: Predicted): readonly string[] {
  return path === undefined ? words : words.map((word) => (word === path ? '{path}' : word));
}

function probe(same: readonly Choice[], because: string | undefined): string[] {
  const [first] = same;
  if (first === undefined) return [];
  const matrix = same.length > 1 && first.predicted.candidate.path !== undefined;
  const words = matrix ? patternOf(first.predicted) : first.predicted.candidate.words;
  const fields = [
    `name: ${scalar(probeName(words, first.predicted.allowed, first.alias))}`,
    ...(because === undefined ? [] : [`because: ${scalar(because)}`]),
    ...actionLines(words),
    ...(matrix ? matrixLines(same.map(({ predicted }) => predicted.candidate.path ?? '')) : []),
    `expect: ${expectation(first.predicted)}`,
  ];
  return [
    ...fields.map((field, i) => `${i === 0 ? '  - ' : '    '}${field}`),
    ...(matrix || same.length === 1 ? [] : same.slice(1).flatMap((one) => probe([one], undefined))),
  ];
}

function matrixLines(paths: readonly string[]): string[] {
  const flow = `matrix: {path: [${paths.map(scalar).join(', ')}]}`;
  return flow.length <= 120 ? [flow] : ['matrix:', '  path:', ...paths.map((path) => `    - ${scalar(path)}`)];
}

/** Operations that ask for a capability as well, and the operation of the record that is theirs. */
const OWN_RECORD: Readonly<Record<string, string>> = { socket: 'create', mount: 'mount', umount: 'umount' };

function expectation({ allowed, logged, candidate: { words } }: Predicted): string {
  // a capability that is denied on the way is another rule's record
  const [operation = ''] = words;
  if (!allowed)
    return OWN_RECORD[operation] === undefined
      ? 'denied'
      : `{access: denied, audit: {operation: ${OWN_RECORD[operation]}}}`;
  return logged ? '{access: allowed, audit: {apparmor: AUDIT}}' : 'allowed';
}

/** A probe that has its fields already. */
export function extraProbe({ fields }: ExtraProbe): string[] {
  return fields.map((field, i) => `${i === 0 ? '  - ' : '    '}${field}`);
}

/** A single probe for the first trial of a candidate. */
export function candidateProbe(predicted: Predicted): string {
  return [...actionLines(predicted.candidate.words), `expect: ${expectation(predicted)}`]
    .map((field, i) => `${i === 0 ? '  - ' : '    '}${field}`)
    .join('\n');
}

/** The spec's own keys where there are such, else `try`. */
function actionLines(words: readonly string[]): string[] {
  const [operation = '', first = '', second = ''] = words;
  if (operation === 'open') return [`open: ${scalar(second)}`, ...(first === 'read' ? [] : [`for: ${first}`])];
  if ((operation === 'mkdir' || operation === 'exec') && words.length === 2) return [`${operation}: ${scalar(first)}`];
  const plain = words.every((word) => /^[\w./:{}-]+$/.test(word));
  return [`try: ${plain ? scalar(words.join(' ')) : `[${words.map(scalar).join(', ')}]`}`];
}

/** Plain where YAML takes it as a text, else in quotes, which JSON writes as YAML reads them. */
export function scalar(text: string): string {
  const plain =
    /^[A-Za-z/_][\w /.()+'-]*$/.test(text) && !text.endsWith(' ') && !/^(?:true|false|null|yes|no|on|off)$/i.test(text);
  return plain
    ? text
    : JSON.stringify(text).replaceAll(
        /[\u007f-\u009f\u2028\u2029\ufeff]/g,
        (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
}
