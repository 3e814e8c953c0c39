/** The evidence for one probe as a block of plain text and as properties: what the JUnit report carries in each case. */
import type { Captured, Entry, Ledger, Observation, Suite } from '../model/model.ts';
import {
  actionText,
  carriedText,
  expectationText,
  factsOf,
  observationText,
  placeText,
  processText,
  sizeText,
} from './wording.ts';
import { countRules, isKnown } from './coverage-summary.ts';
import { countEntries } from './summary.ts';
import { byteLength, grouped, head, oneLine, visibleLines } from '../text/visible.ts';

/** Most bytes of output and records that one case may carry: libxml2 refuses text of over 10 MB, and a case is to be read. */
const CASE_BYTES = 64 * 1024;
const VALUE = 1000;

type Properties = readonly (readonly [name: string, value: string])[];

/** `[[ATTACHMENT|path]]` and `[[PROPERTY|key=value]]` in an output make viewers fetch files or set facts. */
const VIEWER_COMMAND = /\[\[(?=[A-Z]+\|)/g;

function harmless(text: string): string {
  return text.replace(VIEWER_COMMAND, '[\\x5b');
}

/**
 * Foreign text, every line behind a bar, so that it cannot pass for a line of the report. At most `maxBytes` and, when
 * that cuts it, a line without a bar that says so.
 */
function barred(text: string, maxBytes: number): string {
  const raw = head(text, maxBytes);
  const lines = visibleLines(raw)
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `| ${line}`)
    .join('\n');
  const kept = head(lines, maxBytes);
  if (raw.length === text.length && kept.length === lines.length) return harmless(kept);
  return `${harmless(kept)}\n[cut: ${grouped(byteLength(text))} bytes in all; report.json holds them]`;
}

function outputsOf(prefix: string, seen: Observation | undefined): (readonly [title: string, output: Captured])[] {
  if (seen === undefined) return [];
  return (
    [
      ['stdout', seen.stdout],
      ['stderr', seen.stderr],
    ] as const
  )
    .filter(([, output]) => output.text !== '' || output.bytes > 0)
    .map(([name, output]) => [`${prefix}${name}, ${sizeText(output)}`, output] as const);
}

/** What is known of one probe as labelled lines. */
export function caseFacts(entry: Entry, root?: string): string {
  return harmless(
    factsOf(entry, root)
      .map(([label, value]) => `${label.padEnd(10)}${value}`)
      .join('\n'),
  );
}

/** The evidence of one probe: labelled lines, then the raw records, then the outputs, all within {@link CASE_BYTES}. */
export function caseOutput(entry: Entry, root?: string): string {
  const blocks = [head(caseFacts(entry, root), CASE_BYTES / 2)];
  const sections: (readonly [title: string, text: string])[] = [];
  if (entry.witnesses.length > 0)
    sections.push([
      `audit records, ${entry.witnesses.length}`,
      entry.witnesses.map(({ record }) => record.raw).join('\n'),
    ]);
  for (const [title, output] of [...outputsOf('', entry.observation), ...outputsOf('control ', entry.control)])
    sections.push([title, output.text]);
  let left = CASE_BYTES / 2;
  for (const [title, text] of sections) {
    const block = `--- ${title} ---\n${barred(text, Math.max(left, 256))}`;
    left -= byteLength(block);
    blocks.push(block);
  }
  return blocks.join('\n\n');
}

/** The facts of a probe that tools may want to read one by one. */
export function caseProperties(entry: Entry, root?: string): Properties {
  const { probe, verdict, observation, control, witnesses } = entry;
  const properties: [string, string][] = [
    ['probe', probe.id],
    ['place', placeText(entry, root)],
    ['action', actionText(probe.action, probe.user)],
    ['expected', expectationText(probe.expect)],
    ['verdict', verdict.kind],
    ['code', verdict.code],
  ];
  if (observation !== undefined) {
    properties.push(['observed', observationText(observation)], ['stage', observation.stage]);
    if (observation.errno !== undefined) properties.push(['errno', observation.errno]);
    if (observation.exit !== undefined) properties.push(['exit', String(observation.exit)]);
    if (observation.signal !== undefined) properties.push(['signal', observation.signal]);
    if (observation.process !== undefined) properties.push(['process', processText(observation.process)]);
    if (observation.other !== undefined) properties.push(['otherEnd', processText(observation.other)]);
    if (observation.carried !== undefined) properties.push(['carries', carriedText(observation.carried)]);
    if (observation.status !== undefined) properties.push(['status', String(observation.status)]);
  }
  properties.push(
    ['control', control === undefined ? 'none' : observationText(control)],
    ['records', String(witnesses.length)],
  );
  return properties.map(([name, value]) => [name, harmless(oneLine(value, VALUE))]);
}

function hashText(algorithm: string | undefined, hash: string | undefined): string | undefined {
  return algorithm === undefined || hash === undefined ? undefined : `${algorithm}:${hash}`;
}

/** What the suite ran on, and the proof of what confined it. */
export function suiteProperties(ledger: Ledger, suite: Suite | undefined): Properties {
  const { host } = ledger;
  const properties: (readonly [string, string | undefined])[] = [
    ['tool', ledger.tool],
    ['run', ledger.run],
    ['lab', host?.lab],
    ['os', host?.os],
    ['kernel', host?.kernel],
    ['arch', host?.arch],
    ['parser', host?.parser],
    ['engine', host?.engine],
    ['runtime', host?.runtime],
    ['node', host?.node],
    ['logSource', host?.logSource],
    ['auditMode', host?.auditMode],
  ];
  if (suite !== undefined) {
    const { confinement } = suite;
    properties.push(
      ...suite.layers.map((layer) => ['layer', layer] as const),
      ['image', suite.image],
      ['imageId', suite.imageId],
      ['profileFile', suite.profileFile],
      ['profile', confinement?.profile],
      ['loadedAs', confinement?.loadedAs],
      ['mode', confinement?.mode],
      ['policySha256', confinement?.policySha256],
      ['policyMatchesKernel', confinement?.policyMatchesKernel?.toString()],
      ['sourceSha256', confinement?.sourceSha256],
      ['kernelPolicyHash', hashText(confinement?.kernelHash?.algorithm, confinement?.kernelHash?.policy)],
      ['kernelProfileHash', hashText(confinement?.kernelHash?.algorithm, confinement?.kernelHash?.profile)],
      ...(confinement?.labels ?? []).map(
        ({ process, pid, label }) => ['label', `${process} (pid ${pid}): ${label}`] as const,
      ),
      ...(confinement?.parserWarnings ?? []).map((warning) => ['parserWarning', warning] as const),
      ...Object.entries(countEntries(suite.entries)).map(
        ([kind, count]) => [`verdicts.${kind}`, String(count)] as const,
      ),
      ['otherRecords', String(suite.otherRecords.length)],
      ...coverageProperties(suite),
    );
  }
  return properties.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, harmless(oneLine(value, VALUE))] as const],
  );
}

/** The suite's own figures: other suites may cover more of the same profile. */
function coverageProperties({ coverage }: Suite): readonly (readonly [string, string | undefined])[] {
  if (!isKnown(coverage)) return coverage === undefined ? [] : [['coverage.unknown', coverage.unknown]];
  const { percent, ...counts } = countRules(coverage.rules.filter(({ included }) => !included));
  return [
    ['coverage.percent', percent?.toString()],
    ...Object.entries(counts).map(([state, count]) => [`coverage.${state}`, String(count)] as const),
  ];
}
