/**
 * The JUnit report, and the only importer of junit-report-builder. Pure.
 *
 * What XML cannot hold at all (controls, lone surrogates) is already a visible escape by the time it comes here.
 */
import builders, { type TestCase, type TestSuite } from 'junit-report-builder';
import type { ClosedResult, Entry, Fault, Ledger, Suite, VerdictKind } from '../model/model.ts';
import { oneLine, relativeTo } from '../text/visible.ts';
import { memberState, notableEntries, tallyOf } from '../verdict/closed-class.ts';
import { closedText, closedTitle } from './closed-rows.ts';
import { caseFacts, caseOutput, caseProperties, closedOutput, closedProperties, suiteProperties } from './evidence.ts';
import { isProfileFault, shortfallsOf } from './summary.ts';
import { faultText } from './describe-entry.ts';

/** Longest name, message, and part of a class name. */
const NAME = 250;
const MESSAGE = 2000;
const CLASS_PART = 100;
/** Class of the cases that are about the run as a whole. */
const RUN_CLASS = 'apparmor-probe.run';

type Outcome = 'failure' | 'error' | 'skipped';

/** How a verdict reads in JUnit. A pass has no element. */
const OUTCOME: Readonly<Record<VerdictKind, Outcome | undefined>> = {
  pass: undefined,
  fail: 'failure',
  vacuous: 'error',
  inconclusive: 'error',
  skipped: 'skipped',
};

/** A `testcase`. */
interface Case {
  readonly className: string;
  readonly name: string;
  /** Empty when it is about the run as a whole. */
  readonly file: string;
  readonly line?: number;
  readonly ms: number;
  readonly outcome: Outcome | undefined;
  readonly message: string;
  readonly type: string;
  readonly properties: readonly (readonly [name: string, value: string])[];
  /** Text of the failure or error; the message when there is none. */
  readonly detail?: string;
  readonly output?: string;
}

interface JunitOptions {
  /** Folder that file names are relative to, as report viewers want them. */
  readonly root?: string;
}

/** The ledger as JUnit XML. It shows a failure or an error exactly when the run is not green. */
export function junit(ledger: Ledger, { root }: JunitOptions = {}): string {
  const report = builders.newBuilder().name(oneLine(ledger.tool, NAME));
  const suiteNames = new UniqueNames();
  const caseNames = new UniqueNames();
  const shortfalls = shortfallsOf(ledger);
  const lackedBy = (index?: number): readonly string[] =>
    shortfalls.filter(({ suite }) => suite === index).map(({ message }) => message);

  ledger.suites.forEach((suite, index) => {
    const element = report.testSuite().name(suiteNames.take(suite.title, 'suite'));
    describeSuite(element, ledger, suite, root);
    for (const testCase of suiteCases(suite, lackedBy(index), root)) addCase(element, testCase, caseNames);
  });

  const cases = runCases(ledger, lackedBy());
  if (cases.length > 0) {
    const element = report.testSuite().name(suiteNames.take('run', 'run'));
    describeSuite(element, ledger, undefined, root);
    for (const testCase of cases) addCase(element, testCase, caseNames);
  }
  return report.build();
}

/** Hands out names that are never empty and never repeat: viewers drop a second case, or crash without a name. */
class UniqueNames {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  /** @param scope names may repeat in another one */
  take(wanted: string, fallback: string, scope = ''): string {
    const name = oneLine(wanted, NAME).trim() || fallback;
    let unique = name;
    let count = this.#next.get(`${scope}\0${name}`) ?? 1;
    while (this.#taken.has(`${scope}\0${unique}`)) {
      count += 1;
      unique = `${name} #${count}`;
    }
    this.#next.set(`${scope}\0${name}`, count);
    this.#taken.add(`${scope}\0${unique}`);
    return unique;
  }
}

/** The cases of a suite: its probes, its faults, and what it lacks. */
function suiteCases(suite: Suite, lacks: readonly string[], root: string | undefined): readonly Case[] {
  const className = classNameOf(suite);
  const file = relativeTo(root, suite.file);
  return [
    ...suite.entries.map((entry) => probeCase(entry, className, root)),
    ...(suite.closed ?? []).flatMap((result) => closedCases(result, className, { file, root })),
    ...suite.faults.map((fault) => faultCase(fault, className, file)),
    ...lacks.map((message) => shortfallCase('suite', message, className, file)),
  ];
}

/** The cases about the run as a whole: its faults, and what it lacks. */
function runCases(ledger: Ledger, lacks: readonly string[]): readonly Case[] {
  return [
    ...ledger.faults.map((fault) => faultCase(fault, RUN_CLASS, '')),
    ...lacks.map((message) => shortfallCase('run', message, RUN_CLASS, '')),
  ];
}

/** `profile.spec`: viewers group by what stands before the last dot. */
function classNameOf({ confinement, profileFile, image, file }: Suite): string {
  const profile = confinement?.profile ?? stem(profileFile ?? image);
  return `${classPart(profile)}.${classPart(stem(file))}`;
}

function stem(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
}

function classPart(text: string): string {
  return oneLine(text, CLASS_PART).trim().replaceAll('.', '_') || 'unknown';
}

function probeCase(entry: Entry, className: string, root: string | undefined): Case {
  const { probe, verdict, observation } = entry;
  return {
    className,
    name: probe.name,
    file: relativeTo(root, probe.at.file),
    line: probe.at.line,
    ms: observation?.durationMs ?? 0,
    outcome: Object.hasOwn(OUTCOME, verdict.kind) ? OUTCOME[verdict.kind] : 'error',
    message: verdict.reason,
    type: verdict.code,
    properties: caseProperties(entry, root),
    detail: caseFacts(entry, root),
    output: caseOutput(entry, root),
  };
}

/** A closed class is one case; what is not as it must be stands alone after it. */
function closedCases(
  result: ClosedResult,
  className: string,
  { file, root }: { readonly file: string; readonly root: string | undefined },
): readonly Case[] {
  const { kind } = tallyOf(result);
  const text = closedText(result);
  const row: Case = {
    className,
    name: closedTitle(result),
    file,
    ms: result.durationMs,
    outcome: OUTCOME[kind],
    message: text,
    type: 'closed',
    properties: closedProperties(result),
    output: closedOutput(result),
  };
  return [row, ...notableEntries(result).map((entry) => memberCase(entry, className, root))];
}

/** A member of a closed class that shows nothing, or the wrong thing, is no pass. */
function memberCase(entry: Entry, className: string, root: string | undefined): Case {
  const { outcome = 'error', ...rest } = probeCase(entry, className, root);
  return { ...rest, outcome: memberState(entry) === 'failed' ? 'failure' : outcome };
}

function faultCase(fault: Fault, className: string, file: string): Case {
  return {
    className,
    name: `fault ${fault.code}`,
    file,
    ms: 0,
    outcome: isProfileFault(fault) ? 'failure' : 'error',
    message: fault.message,
    type: fault.code,
    properties: [],
    detail: `${faultText(fault)}\nhint      ${oneLine(fault.hint, MESSAGE)}`,
  };
}

function shortfallCase(name: string, message: string, className: string, file: string): Case {
  return { className, name, file, ms: 0, outcome: 'error', message, type: 'incomplete', properties: [] };
}

/** Gives a `testsuite` its attributes and `properties`. Without `suite` it is about the run as a whole. */
function describeSuite(element: TestSuite, ledger: Ledger, suite: Suite | undefined, root: string | undefined): void {
  const { startedAt, durationMs } = suite ?? ledger;
  const timestamp = utc(startedAt) ?? utc(ledger.startedAt);

  element.time(seconds(durationMs));
  if (timestamp !== undefined) element.timestamp(timestamp);
  for (const [name, value] of suiteProperties(ledger, suite)) element.property(name, value);

  extend(element, (xml) => {
    xml.att('hostname', oneLine(ledger.host?.hostname ?? '', NAME) || 'unknown');
    if (suite !== undefined) xml.att('file', oneLine(relativeTo(root, suite.file), MESSAGE));
  });
}

/** Adds a `testcase` with its `properties`, its `failure`, `error` or `skipped`, and its `system-out`. */
function addCase(suite: TestSuite, testCase: Case, names: UniqueNames): void {
  const { className, name, file, line, ms, outcome, output } = testCase;
  const element = suite.testCase();

  element
    .className(className)
    .name(names.take(name, 'probe', className))
    .time(seconds(ms));
  if (file !== '') element.file(oneLine(file, MESSAGE));
  for (const [key, value] of testCase.properties) element.property(key, value);
  if (outcome !== undefined) element[outcome](); // the builder makes the element and counts it

  extend(element, (xml) => {
    if (line !== undefined) xml.att('line', line);
    if (outcome !== undefined) describeOutcome(xml, outcome, testCase);
    if (output !== undefined) xml.ele('system-out', {}, output);
  });
}

/** Gives a case's `failure`, `error` or `skipped`, the last that the builder made, its attributes and text. */
function describeOutcome(xml: XmlElement, outcome: Outcome, { message, type, detail }: Case): void {
  const text = oneLine(message, MESSAGE);
  const element = xml.children.at(-1);
  element?.att('message', text);
  if (outcome === 'skipped') return;
  element?.att('type', oneLine(type, NAME));
  element?.txt(detail ?? text);
}

/** An element as xmlbuilder holds it: attributes and text are escaped without exception and without loss. */
type XmlElement = ReturnType<TestCase['build']>;

/**
 * Lets `write` complete the XML element that the builder makes of a node.
 *
 * The builder has no `line`, no `hostname` and no message of a skip, and it writes text as CDATA, which hostile output
 * can leave. So this replaces the node's public method `build`, and nothing else: what `write` adds are attributes and
 * text of xmlbuilder, and the counts stay the builder's own.
 */
function extend(node: TestCase | TestSuite, write: (xml: XmlElement) => void): void {
  const build = node.build.bind(node);
  node.build = (parent: XmlElement): XmlElement => {
    const xml = build(parent);
    write(xml);
    return xml;
  };
}

/** Seconds with at most three decimals: schemas ask for it, and NaN or 1e-7 is no number to them. */
function seconds(ms: number): number {
  return Number.isFinite(ms) && ms > 0 ? Math.round(ms) / 1000 : 0;
}

/** The time in UTC; undefined when it is not a time. */
function utc(time: string): string | undefined {
  const ms = Date.parse(time);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
