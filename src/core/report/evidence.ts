/**
 * The evidence for one probe as a block of plain text and as properties: what the JUnit report has in each case. Pure.
 */
import { countRules, isKnown } from '../coverage/coverage-counts.ts';
import type {
  Captured,
  ClosedResult,
  Confinement,
  Entry,
  HostFacts,
  Ledger,
  Observation,
  Suite,
  Witness,
} from '../model/model.ts';
import { byteLength, counted, head, oneLine, visibleLines } from '../text/visible.ts';
import { tallyOf } from '../verdict/closed-class.ts';
import { closedText, memberLines } from './closed-rows.ts';
import { countEntries, countNotStarted } from './summary.ts';
import {
  actionText,
  carriedText,
  expectationText,
  factsOf,
  observationText,
  placeText,
  processText,
  sizeText,
} from './describe-entry.ts';

/**
 * Most bytes of output and records that one case may have. libxml2 refuses text of over 10 MB, and somebody has to
 * read it.
 */
const CASE_BYTES = 64 * 1024;
/** Bytes that a section gets even when the others have used up the budget. */
const LEAST_BYTES = 256;
/** Most bytes of the list of a class's members: report.json has them in full. */
const CLASS_BYTES = 256 * 1024;
/** Longest value of a property. */
const VALUE = 1000;

/** The names are read by tools: they stay. */
type Property = readonly [name: string, value: string];
type PropertyOrNone = readonly [name: string, value: string | undefined];
type Section = readonly [title: string, text: string];

/** `[[ATTACHMENT|path]]` and `[[PROPERTY|key=value]]` in an output make viewers fetch files or set facts. */
const VIEWER_COMMAND = /\[\[(?=[A-Z]+\|)/g;

function harmless(text: string): string {
  return text.replace(VIEWER_COMMAND, '[\\x5b');
}

/** Those that have a value, as one harmless line each. */
function properties(list: readonly PropertyOrNone[]): readonly Property[] {
  return list.flatMap(([name, value]) =>
    value === undefined ? [] : [[name, harmless(oneLine(value, VALUE))] as const],
  );
}

/**
 * Foreign text with a bar before every line, so that it cannot pass for a line of the report.
 * @returns at most `maxBytes` of it and, when that cuts it, a line without a bar that says so
 */
function barred(text: string, maxBytes: number): string {
  const raw = head(text, maxBytes);
  const lines = visibleLines(raw).replace(/\n$/, '').split('\n');
  const shown = lines.map((line) => `| ${line}`).join('\n');
  const kept = head(shown, maxBytes);

  if (raw.length === text.length && kept.length === shown.length) return harmless(kept);
  return `${harmless(kept)}\n[cut: ${counted(byteLength(text), 'byte')} in total; report.json has them]`;
}

/** What is known of one probe as labelled lines. */
export function caseFacts(entry: Entry, root?: string): string {
  const lines = factsOf(entry, root).map(([label, value]) => `${label.padEnd(10)}${value}`);
  return harmless(lines.join('\n'));
}

/** The evidence for one probe: labelled lines, the raw records, the outputs, all within {@link CASE_BYTES}. */
export function caseOutput(entry: Entry, root?: string): string {
  const blocks = [head(caseFacts(entry, root), CASE_BYTES / 2)];
  let left = CASE_BYTES / 2;
  for (const [title, text] of sectionsOf(entry)) {
    const block = `--- ${title} ---\n${barred(text, Math.max(left, LEAST_BYTES))}`;
    left -= byteLength(block);
    blocks.push(block);
  }
  return blocks.join('\n\n');
}

/** A closed class: its row, then a line for each member, all within {@link CLASS_BYTES}. */
export function closedOutput(result: ClosedResult): string {
  return harmless(head([closedText(result), ...memberLines(result)].join('\n'), CLASS_BYTES));
}

/** The facts of a closed class that tools may want to read one by one. */
export function closedProperties(result: ClosedResult): readonly Property[] {
  const { kind, ...counts } = tallyOf(result);
  return properties([
    ['closed', result.class],
    ['verdict', kind],
    ['allow', result.allow.length === 0 ? undefined : result.allow.join('; ')],
    ...Object.entries(counts).map(([state, count]) => [`members.${state}`, `${count}`] as const),
  ]);
}

function sectionsOf({ witnesses, evidence, observation, control }: Entry): readonly Section[] {
  return [
    ...recordSection('audit records', witnesses),
    ...recordSection('audit records of a second attempt under noquiet', evidence?.witnesses ?? []),
    ...outputSections('', observation),
    ...outputSections('control ', control),
  ];
}

function recordSection(title: string, witnesses: readonly Witness[]): readonly Section[] {
  if (witnesses.length === 0) return [];
  return [[`${title}, ${witnesses.length}`, witnesses.map(({ record }) => record.raw).join('\n')]];
}

function outputSections(prefix: string, observation: Observation | undefined): readonly Section[] {
  if (observation === undefined) return [];
  return [
    ...outputSection(`${prefix}stdout`, observation.stdout),
    ...outputSection(`${prefix}stderr`, observation.stderr),
  ];
}

function outputSection(name: string, output: Captured): readonly Section[] {
  const isEmpty = output.text === '' && output.bytes === 0;
  return isEmpty ? [] : [[`${name}, ${sizeText(output)}`, output.text]];
}

/** The facts of a probe that tools may want to read one by one. */
export function caseProperties(entry: Entry, root?: string): readonly Property[] {
  const { probe, verdict, observation, control, witnesses } = entry;
  return properties([
    ['probe', probe.id],
    ['place', placeText(entry, root)],
    ['action', actionText(probe.action, probe.user)],
    ['expected', expectationText(probe.expect)],
    ['verdict', verdict.kind],
    ['code', verdict.code],
    ...(observation === undefined ? [] : observationProperties(observation)),
    ['control', control === undefined ? 'none' : observationText(control)],
    ['records', `${witnesses.length}`],
  ]);
}

function observationProperties(observation: Observation): readonly PropertyOrNone[] {
  const { stage, errno, exit, signal, process, other, carried, status } = observation;
  return [
    ['observed', observationText(observation)],
    ['stage', stage],
    ['errno', errno],
    ['exit', exit?.toString()],
    ['signal', signal],
    ['process', process === undefined ? undefined : processText(process)],
    ['otherEnd', other === undefined ? undefined : processText(other)],
    ['carries', carried === undefined ? undefined : carriedText(carried)],
    ['status', status?.toString()],
  ];
}

/** What the suite ran on, and the proof of what confined it; without a suite, only what the run as a whole has. */
export function suiteProperties({ tool, run, host }: Ledger, suite: Suite | undefined): readonly Property[] {
  return properties([
    ['tool', tool],
    ['run', run],
    ...(host === undefined ? [] : hostProperties(host)),
    ...(suite === undefined ? [] : propertiesOf(suite)),
  ]);
}

function hostProperties(host: HostFacts): readonly PropertyOrNone[] {
  return [
    ['lab', host.lab],
    ['os', host.os],
    ['kernel', host.kernel],
    ['arch', host.arch],
    ['parser', host.parser],
    ['engine', host.engine],
    ['runtime', host.runtime],
    ['node', host.node],
    ['logSource', host.logSource],
    ['auditMode', host.auditMode],
  ];
}

function propertiesOf(suite: Suite): readonly PropertyOrNone[] {
  const { layers, image, imageId, profileFile, confinement, entries, otherRecords } = suite;
  const verdicts = Object.entries(countEntries(entries));
  return [
    ...layers.map((layer) => ['layer', layer] as const),
    ['image', image],
    ['imageId', imageId],
    ['profileFile', profileFile],
    ...(confinement === undefined ? [] : confinementProperties(confinement)),
    ...verdicts.map(([kind, count]) => [`verdicts.${kind}`, `${count}`] as const),
    ['verdicts.notStarted', `${countNotStarted(entries)}`],
    ['otherRecords', `${otherRecords.length}`],
    ...coverageProperties(suite),
  ];
}

function confinementProperties(confinement: Confinement): readonly PropertyOrNone[] {
  const { kernelHash, labels, parserWarnings } = confinement;
  return [
    ['profile', confinement.profile],
    ['loadedAs', confinement.loadedAs],
    ['mode', confinement.mode],
    ['observedUnder', confinement.observedUnder],
    ['policySha256', confinement.policySha256],
    ['policyMatchesKernel', confinement.policyMatchesKernel?.toString()],
    ['sourceSha256', confinement.sourceSha256],
    ['kernelPolicyHash', hashText(kernelHash?.algorithm, kernelHash?.policy)],
    ['kernelProfileHash', hashText(kernelHash?.algorithm, kernelHash?.profile)],
    ...labels.map(({ process, pid, label }) => ['label', `${process} (pid ${pid}): ${label}`] as const),
    ...parserWarnings.map((warning) => ['parserWarning', warning] as const),
  ];
}

function hashText(algorithm: string | undefined, hash: string | undefined): string | undefined {
  return algorithm === undefined || hash === undefined ? undefined : `${algorithm}:${hash}`;
}

/** The suite's own figures: other suites may cover more of the same profile. */
function coverageProperties({ coverage }: Suite): readonly PropertyOrNone[] {
  if (coverage === undefined) return [];
  if (!isKnown(coverage)) return [['coverage.unknown', coverage.unknown]];

  const { percent, ...counts } = countRules(coverage.rules.filter(({ included }) => !included));
  return [
    ['coverage.percent', percent?.toString()],
    ...Object.entries(counts).map(([state, count]) => [`coverage.${state}`, `${count}`] as const),
  ];
}
