/** Rule coverage in the HTML report: a row per profile, then each profile file with the probes that cover it. Pure. */
import {
  countRules,
  fileCoverages,
  hasRules,
  profileCoverages,
  unknownCoverages,
  type CoverageCounts,
  type ProfileCoverage,
} from '../coverage/coverage-counts.ts';
import type { KnownCoverage, Ledger, RuleCoverage } from '../model/model.ts';
import { defined } from '../model/optional.ts';
import { inline, tag } from '../text/html.ts';
import { grouped, relativeTo } from '../text/visible.ts';
import { includedOf, linesOf, stateOfLine, type CoverageLine } from './coverage-lines.ts';
import { countsText, explanationOf, probeNames, STATE_MARK, STATE_WORD } from './coverage-wording.ts';

/** Longest name of a profile or probe, and longest rule beside its explanation. */
const WIDTH = 200;
const STATES = ['hit', 'unhit', 'shadowed', 'untestable'] as const;

/** A probe's name by its id, linked to its evidence. */
type LinkTo = (id: string) => string;

interface Options {
  /** Folder that file names are relative to. */
  readonly root?: string;
  /** The id of a probe's element; undefined when the report has none. */
  readonly anchorOf: (probe: string) => string | undefined;
}

/** The section on rule coverage; empty when the run has nothing about it. */
export function coverageHtml(ledger: Ledger, { root, anchorOf }: Options): string {
  const profiles = profileCoverages(ledger);
  const unknown = unknownCoverages(ledger);
  if (profiles.length === 0 && unknown.length === 0) return '';

  const nameOf = probeNames(ledger);
  const linkTo = (id: string): string => {
    const name = inline(nameOf(id), WIDTH);
    const anchor = anchorOf(id);
    return anchor === undefined ? name : tag('a', { href: `#${anchor}` }, name);
  };

  return [
    tag('h2', {}, 'Rule coverage'),
    ...(profiles.length === 0 ? [] : [profileTable(profiles)]),
    ...unknown.map(({ title, reason }) => tag('p', { class: 'warn' }, inline(`${title}: ${reason}`))),
    ...fileCoverages(ledger).map((coverage) => fileHtml(coverage, root, linkTo)),
  ].join('\n');
}

function profileTable(profiles: readonly ProfileCoverage[]): string {
  const counts = ['coverage', ...STATES.map((state) => STATE_WORD[state])];
  const head = [
    tag('th', {}, 'profile'),
    tag('th', {}, ''),
    ...counts.map((word) => tag('th', { class: 'count' }, word)),
  ];
  const rows = profiles.flatMap(({ profile, own, included }) => [
    profileRow(tag('code', {}, inline(profile, WIDTH)), own),
    ...(hasRules(included) ? [profileRow('– rules of included files', included)] : []),
  ]);
  return tag('div', { class: 'wide' }, tag('table', {}, tag('tr', {}, ...head), ...rows));
}

function profileRow(name: string, counts: CoverageCounts): string {
  const { percent } = counts;
  const cells = [
    percent === undefined ? 'none testable' : `${percent} %`,
    ...STATES.map((state) => grouped(counts[state])),
  ];
  return tag(
    'tr',
    {},
    tag('td', {}, name),
    tag('td', {}, percent === undefined ? '' : bar(percent)),
    ...cells.map((cell) => tag('td', { class: 'count' }, cell)),
  );
}

function bar(percent: number): string {
  return tag('div', { class: 'bar' }, tag('div', { style: `width: ${percent}%` }, ''));
}

function fileHtml(coverage: KnownCoverage, root: string | undefined, linkTo: LinkTo): string {
  const lines = linesOf(coverage).map((line) => lineHtml(line, linkTo));
  const included = [...includedOf(coverage)].map(([file, rules]) =>
    includedHtml(relativeTo(root, file), rules, linkTo),
  );
  return [
    tag('h3', {}, tag('code', {}, inline(relativeTo(root, coverage.file)))),
    tag('table', { class: 'listing' }, ...lines),
    ...included,
  ].join('\n');
}

function includedHtml(file: string, rules: readonly RuleCoverage[], linkTo: LinkTo): string {
  const name = tag('code', {}, inline(file));
  const lines = rules.map((rule) => lineHtml({ line: rule.line, text: rule.text, rules: [rule] }, linkTo));
  return tag(
    'details',
    {},
    tag('summary', {}, name, `, included: ${countsText(countRules(rules))}`),
    tag('table', { class: 'listing' }, ...lines),
  );
}

function lineHtml({ line, text, rules }: CoverageLine, linkTo: LinkTo): string {
  const state = rules.length === 0 ? undefined : stateOfLine(rules);
  const mark = state === undefined ? '' : STATE_MARK[state][0];
  const title = state === undefined ? undefined : STATE_WORD[state];
  const explanations = rules.map((rule) => explanationHtml(rule, rules.length > 1, linkTo));
  return tag(
    'tr',
    { class: state ?? 'none' },
    tag('td', defined({ class: 'mark', title }), mark),
    tag('td', { class: 'number' }, `${line}`),
    tag('td', { class: 'text' }, inline(text.replaceAll('\t', '    '))),
    tag('td', { class: 'explanation' }, explanations.join('<br>')),
  );
}

/** @param ofSeveral the line holds other rules as well: then the rule's text tells which one is meant. */
function explanationHtml(rule: RuleCoverage, ofSeveral: boolean, linkTo: LinkTo): string {
  const explanation =
    rule.state === 'hit' ? rule.probes.map(linkTo).join(', ') : inline(explanationOf(rule, (id) => id));
  return ofSeveral ? `${tag('code', {}, inline(rule.text, WIDTH))}: ${explanation}` : explanation;
}
