/** Writes chosen probes as a person would write the spec: grouped by rule, named, and shortened by matrices. Pure. */
import { defined } from '../model/optional.ts';
import type { Rule } from '../profile/syntax/ast.ts';
import { visible } from '../text/visible.ts';
import type { FoundClasses } from './closed-classes.ts';
import type { Choice } from './choose-probes.ts';
import type { ExtraProbe } from './peer-and-flag-probes.ts';
import type { Predicted } from './predict.ts';
import { probeName } from './probe-names.ts';
import type { Untestable } from './untestable-changes.ts';

/** Everything of the spec but its probes. */
export interface SpecHead {
  readonly title: string;
  readonly profile: HeadProfile;
  readonly image: string;
  readonly build?: string;
  readonly sysctls: Readonly<Record<string, string>>;
  /** Folders of placeholder files, relative to the spec's folder, and where they are mounted. */
  readonly placeholderMounts: readonly PlaceholderMount[];
  /** Peers; each runs under the profile with its name. */
  readonly peers: readonly string[];
  readonly untestable?: readonly Untestable[];
  readonly classes?: FoundClasses;
}

/** One folder of placeholder files. */
export interface PlaceholderMount {
  readonly source: string;
  readonly target: string;
}

/** The profile; paths are relative to the spec's folder. */
export interface HeadProfile {
  readonly file: string;
  /** Which profile of the file, where it has several. */
  readonly name?: string;
  readonly include: readonly string[];
  readonly base?: string;
}

/** Rules on adjoining lines, under one comment. */
interface Group {
  readonly rules: readonly Rule[];
  readonly because?: string;
}

/** @param rules of the file itself, in its order. */
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
    else
      groups.push(
        defined({ rules: [rule], because: rule.comment === undefined ? undefined : shortened(rule.comment) }),
      );
    last = rule;
  }
  return groups;
}

const MAX_COMMENT = 300;

function shortened(comment: string): string {
  const text = comment.replaceAll(/\s+/g, ' ').trim();
  return text.length <= MAX_COMMENT ? text : `${text.slice(0, MAX_COMMENT).replace(/\s+\S*$/, '')} …`;
}

/** Everything ahead of the probes. */
export function specHead(head: SpecHead): string {
  return [
    '# Written by `apparmor-probe init` from the rules of the profile and the files of the image.',
    '# Every probe passed when it was written. Only the profile restricts the container (`only-apparmor`), so each',
    '# denial comes from it. This file is yours now: remove what does not matter, and add what the service must still',
    '# be able to do (docs/spec.md).',
    `title: ${scalar(head.title)}`,
    ...profileLines(head.profile),
    ...containerLines(head),
    ...peerLines(head.peers),
    ...untestableLines(head.untestable ?? []),
    ...(head.classes === undefined ? [] : classLines(head.classes)),
    '',
    'probes:',
  ].join('\n');
}

function profileLines({ file, name, include, base }: HeadProfile): string[] {
  const more = [
    ...(name === undefined ? [] : [`  name: ${scalar(name)}`]),
    ...(include.length === 0 ? [] : [`  include: [${include.map(scalar).join(', ')}]`]),
    ...(base === undefined ? [] : [`  base: ${scalar(base)}`]),
  ];
  return more.length === 0 ? [`profile: ${scalar(file)}`] : ['profile:', `  file: ${scalar(file)}`, ...more];
}

function containerLines({ image, build, sysctls, placeholderMounts }: SpecHead): string[] {
  const parameters = Object.entries(sysctls).map(([key, value]) => `    ${key}: ${scalar(value)}`);
  return [
    'container:',
    `  image: ${scalar(image)}`,
    ...(build === undefined ? [] : [`  build: ${scalar(build)}`]),
    '  only-apparmor: true',
    '  hold: true',
    ...(parameters.length === 0 ? [] : ['  sysctls:', ...parameters]),
    ...(placeholderMounts.length === 0 ? [] : mountLines(placeholderMounts)),
  ];
}

function mountLines(mounts: readonly PlaceholderMount[]): string[] {
  return [
    '  mounts:',
    '    # Placeholder files for names that the image lacks, or where a container cannot write, lock, link or execute',
    '    # anything (/sys): a rule about a name can only be tested where that name exists.',
    ...mounts.map(
      ({ source, target }) => `    - {source: ${scalar(source)}, target: ${scalar(target)}, read-only: false}`,
    ),
  ];
}

function peerLines(peers: readonly string[]): string[] {
  if (peers.length === 0) return [];
  return ['', 'peers:', ...peers.map((peer) => `  ${peer}: {profile: ${peer}}`)];
}

function untestableLines(untestable: readonly Untestable[]): string[] {
  if (untestable.length === 0) return [];
  return [
    '',
    '# Mutants that `apparmor-probe mutate` does not count when they survive.',
    'untestable:',
    ...untestable.flatMap(({ rule, becomes, because }) => [
      `  - rule: ${scalar(rule)}`,
      `    becomes: ${scalar(becomes)}`,
      `    because: ${scalar(because)}`,
    ]),
  ];
}

function classLines({ closed, open }: FoundClasses): string[] {
  const closedLines = closed.flatMap(classEntry);
  return [
    '',
    '# Of these classes everything is tried, and whatever is not listed here has to be denied.',
    ...(closed.length === 0 ? [] : ['closed:', ...closedLines]),
    ...(open.length === 0 ? [] : ['# Of these the profile was seen to deny nothing.', `open: [${open.join(', ')}]`]),
  ];
}

function classEntry({ name, allow, except = [] }: FoundClasses['closed'][number]): string[] {
  const lists = Object.entries({ allow, except }).filter(([, entries]) => entries.length > 0);
  const flows = lists.map(([key, entries]) => `${key}: [${entries.map(scalar).join(', ')}]`);
  const flow = `  ${name}: {${flows.join(', ')}}`;
  if (flow.length <= 120) return [flow];
  return [
    `  ${name}:`,
    ...lists.flatMap(([key, entries]) => [`    ${key}:`, ...entries.map((one) => `      - ${scalar(one)}`)]),
  ];
}

/** What the probes of a spec are written from. */
export interface SpecProbes {
  readonly groups: readonly Group[];
  readonly choices: readonly Choice[];
  readonly extras: readonly ExtraProbe[];
  /** Where a rule stands, for the comment ahead of its probes. */
  readonly placeOf: (rule: Rule) => string;
}

/** The spec as YAML. */
export function composeSpec(head: SpecHead, probes: SpecProbes): string {
  const flagProbes = probes.extras.filter(({ rule }) => rule === undefined).flatMap(extraProbe);
  const lines = [
    specHead(head),
    ...probes.groups.flatMap((group) => [...groupLines(group, probes), '']),
    ...(flagProbes.length === 0 ? [] : ['  # the flags of the profile', ...flagProbes]),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function groupLines({ rules, because }: Group, { choices, extras, placeOf }: SpecProbes): string[] {
  const comments = rules.map((rule) => {
    const hasProbe = [...choices, ...extras].some((probe) => probe.rule === rule);
    return `  # ${placeOf(rule)}: ${oneLine(rule.text)}${hasProbe ? '' : withoutProbe(rule, choices)}`;
  });
  const ofRules = rules.flatMap((rule) => choices.filter((choice) => choice.rule === rule));
  const more = extras.filter(({ rule }) => rule !== undefined && rules.includes(rule));
  return [...comments, ...probeLines(ofRules, because), ...more.flatMap(extraProbe)];
}

/** A rule without a probe of its own may be shown by the probe of another rule. */
function withoutProbe(rule: Rule, choices: readonly Choice[]): string {
  const shared = choices.some(({ predicted }) => predicted.rules.has(rule));
  return shared ? '  (tested by probes of other rules)' : '  (no probe: nothing in this image can test it)';
}

function oneLine(text: string): string {
  return visible(text.replaceAll(/\s+/g, ' '));
}

/** Probes that differ only in their path become one with a matrix. */
function probeLines(choices: readonly Choice[], because: string | undefined): string[] {
  const alike = new Map<string, Choice[]>();
  for (const choice of choices) {
    const { user } = choice.predicted.candidate;
    const key = JSON.stringify([patternOf(choice.predicted), user, expectation(choice.predicted), choice.alias]);
    alike.set(key, [...(alike.get(key) ?? []), choice]);
  }
  return [...alike.values()].flatMap((group, i) => probesOf(group, i === 0 ? because : undefined));
}

function patternOf({ candidate: { words, path } }: Predicted): readonly string[] {
  return path === undefined ? words : words.map((word) => (word === path ? '{path}' : word));
}

/** @param alike choices that differ only in their path, if they have one. */
function probesOf(alike: readonly Choice[], because: string | undefined): string[] {
  const [first, ...others] = alike;
  if (first === undefined) return [];

  const { candidate } = first.predicted;
  if (others.length > 0 && candidate.path !== undefined) {
    const paths = alike.map(({ predicted }) => predicted.candidate.path ?? '');
    return probe(first, { words: patternOf(first.predicted), because, matrix: matrixLines(paths) });
  }
  return [
    ...probe(first, { words: candidate.words, because, matrix: [] }),
    ...others.flatMap((other) =>
      probe(other, { words: other.predicted.candidate.words, because: undefined, matrix: [] }),
    ),
  ];
}

interface ProbeParts {
  readonly words: readonly string[];
  readonly because: string | undefined;
  readonly matrix: readonly string[];
}

function probe({ predicted, alias }: Choice, { words, because, matrix }: ProbeParts): string[] {
  return listItem([
    `name: ${scalar(probeName(words, predicted, alias))}`,
    ...(because === undefined ? [] : [`because: ${scalar(because)}`]),
    ...actionLines(words),
    ...userLines(predicted),
    ...matrix,
    `expect: ${expectation(predicted)}`,
  ]);
}

function listItem(fields: readonly string[]): string[] {
  return fields.map((field, i) => `${i === 0 ? '  - ' : '    '}${field}`);
}

function matrixLines(paths: readonly string[]): string[] {
  const flow = `matrix: {path: [${paths.map(scalar).join(', ')}]}`;
  return flow.length <= 120 ? [flow] : ['matrix:', '  path:', ...paths.map((path) => `    - ${scalar(path)}`)];
}

/** Operations that need a capability as well, with the `operation=` of their own records. */
const OWN_RECORD: Readonly<Record<string, string>> = { socket: 'create', mount: 'mount', umount: 'umount' };

function expectation({ allowed, logged, label, candidate: { words } }: Predicted): string {
  if (allowed) {
    const conditions = [
      ...(label === undefined ? [] : [`label: ${scalar(label)}`]),
      ...(logged ? ['audit: {apparmor: AUDIT}'] : []),
    ];
    return conditions.length === 0 ? 'allowed' : `{access: allowed, ${conditions.join(', ')}}`;
  }

  // the record of a capability that is denied on the way belongs to another rule
  const record = OWN_RECORD[words[0] ?? ''];
  return record === undefined ? 'denied' : `{access: denied, audit: {operation: ${record}}}`;
}

/** A probe that has its fields already. */
export function extraProbe({ fields }: ExtraProbe): string[] {
  return listItem(fields);
}

function userLines({ candidate: { user } }: Predicted): string[] {
  return user === undefined ? [] : [`user: ${scalar(user)}`];
}

/** A single probe for the first trial of a candidate. */
export function candidateProbe(predicted: Predicted): string {
  return listItem([
    ...actionLines(predicted.candidate.words),
    ...userLines(predicted),
    `expect: ${expectation(predicted)}`,
  ]).join('\n');
}

/** The spec's short keys where there are any, else `try`. */
function actionLines(words: readonly string[]): string[] {
  const [operation = '', first = '', second = ''] = words;
  if (operation === 'open') return [`open: ${scalar(second)}`, ...(first === 'read' ? [] : [`for: ${first}`])];
  if ((operation === 'mkdir' || operation === 'exec') && words.length === 2) return [`${operation}: ${scalar(first)}`];
  const plain = words.every((word) => /^[\w./:{}-]+$/.test(word));
  return [`try: ${plain ? scalar(words.join(' ')) : `[${words.map(scalar).join(', ')}]`}`];
}

/** A text as a YAML scalar: plain where YAML reads it as a string, else in quotes, as JSON writes them. */
export function scalar(text: string): string {
  const isPlain = /^[A-Za-z/_][\w /.()+'-]*$/.test(text) && !text.endsWith(' ');
  if (isPlain && !/^(?:true|false|null|yes|no|on|off)$/i.test(text)) return text;
  return JSON.stringify(text).replaceAll(
    /[\u007f-\u009f\u2028\u2029\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
