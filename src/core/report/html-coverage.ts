/** Rule coverage in the HTML report: a row a profile, then each profile file with the probes behind its lines. Pure. */
import type { CoverageState, KnownCoverage, Ledger, RuleCoverage } from '../model/model.ts';
import {
  afterText,
  countRules,
  countsText,
  fileCoverages,
  includedOf,
  listingOf,
  probeNames,
  profileCoverages,
  type CoverageCounts,
} from './coverage-summary.ts';
import { STATE_MARK, worst } from './coverage-listing.ts';
import { inline, tag } from '../text/html.ts';
import { grouped, relativeTo } from '../text/visible.ts';

/** @param anchorOf the element of a probe. */
export function coverageHtml(
  ledger: Ledger,
  root: string | undefined,
  anchorOf: (id: string) => string | undefined,
): string {
  const profiles = profileCoverages(ledger);
  const unknown = ledger.suites.flatMap(({ title, coverage }) =>
    coverage !== undefined && 'unknown' in coverage
      ? [tag('p', { class: 'warn' }, inline(`${title}: ${coverage.unknown}`))]
      : [],
  );
  if (profiles.length === 0 && unknown.length === 0) return '';
  const names = probeNames(ledger);
  const link = (id: string): string => {
    const anchor = anchorOf(id);
    return anchor === undefined ? inline(names(id), 200) : tag('a', { href: `#${anchor}` }, inline(names(id), 200));
  };
  const head = tag(
    'tr',
    {},
    tag('th', {}, 'profile'),
    tag('th', {}, ''),
    ...['covered', 'hit', 'unhit', 'shadowed', 'untestable'].map((word) => tag('th', { class: 'count' }, word)),
  );
  const table = tag(
    'div',
    { class: 'wide' },
    tag(
      'table',
      {},
      head,
      ...profiles.flatMap(({ profile, own, included }) => [
        row(tag('code', {}, inline(profile, 200)), own),
        ...(total(included) === 0 ? [] : [row('– of included files', included)]),
      ]),
    ),
  );
  return [
    tag('h2', {}, 'Rule coverage'),
    ...(profiles.length === 0 ? [] : [table]),
    ...unknown,
    ...fileCoverages(ledger).map((coverage) => fileHtml(coverage, root, link)),
  ].join('\n');
}

function total({ testable, shadowed, untestable }: CoverageCounts): number {
  return testable + shadowed + untestable;
}

function row(name: string, counts: CoverageCounts): string {
  const { percent } = counts;
  const bar =
    percent === undefined ? '' : tag('div', { class: 'bar' }, tag('div', { style: `width: ${percent}%` }, ''));
  const cells = [
    percent === undefined ? 'none testable' : `${percent} %`,
    ...(['hit', 'unhit', 'shadowed', 'untestable'] as const).map((state) => grouped(counts[state])),
  ];
  return tag(
    'tr',
    {},
    tag('td', {}, name),
    tag('td', {}, bar),
    ...cells.map((cell) => tag('td', { class: 'count' }, cell)),
  );
}

function fileHtml(coverage: KnownCoverage, root: string | undefined, link: (id: string) => string): string {
  const lines = listingOf(coverage).map(({ line, text, rules }) => lineHtml(line, text, rules, link));
  const included = [...includedOf(coverage)].map(([file, rules]) =>
    tag(
      'details',
      {},
      tag(
        'summary',
        {},
        tag('code', {}, inline(relativeTo(root, file))),
        `, included: ${countsText(countRules(rules))}`,
      ),
      tag('table', { class: 'listing' }, ...rules.map((rule) => lineHtml(rule.line, rule.text, [rule], link))),
    ),
  );
  return [
    tag('h3', {}, tag('code', {}, inline(relativeTo(root, coverage.file)))),
    tag('table', { class: 'listing' }, ...lines),
    ...included,
  ].join('\n');
}

function lineHtml(line: number, text: string, rules: readonly RuleCoverage[], link: (id: string) => string): string {
  const state: CoverageState | undefined = rules.length === 0 ? undefined : worst(rules);
  const mark = state === undefined ? '' : STATE_MARK[state][0];
  return tag(
    'tr',
    { class: state ?? 'none' },
    tag('td', { class: 'mark', ...(state === undefined ? {} : { title: state }) }, mark),
    tag('td', { class: 'number' }, String(line)),
    tag('td', { class: 'text' }, inline(text.replaceAll('\t', '    '))),
    tag('td', { class: 'behind' }, rules.map((rule) => behind(rule, rules.length > 1, link)).join('<br>')),
  );
}

function behind(rule: RuleCoverage, several: boolean, link: (id: string) => string): string {
  const what = rule.state === 'hit' ? rule.probes.map(link).join(', ') : inline(afterText(rule, (id) => id));
  return several ? `${tag('code', {}, inline(rule.text, 200))}: ${what}` : what;
}
