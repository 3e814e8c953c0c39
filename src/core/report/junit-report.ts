/**
 * The JUnit report, and the only importer of junit-report-builder.
 *
 * The builder writes text as CDATA, which hostile output can leave, and knows no `line`, `hostname` or message of a skip.
 * So each case and suite overrides the builder's public `build` and `createElement`: outcomes and outputs become text and
 * attribute nodes, which xmlbuilder escapes without exception and without loss, and the counts stay the builder's own sums.
 * What XML cannot hold at all (controls, lone surrogates) is already a visible escape by then.
 */
import builders, { type TestSuite } from 'junit-report-builder';
import type { Entry, Fault, Ledger, Suite, VerdictKind } from '../model/model.ts';
import { faultText } from './wording.ts';
import { caseFacts, caseOutput, caseProperties, suiteProperties } from './evidence.ts';
import { shortfallsOf } from './summary.ts';
import { oneLine, relativeTo } from '../text/visible.ts';

const NAME = 250;
const MESSAGE = 2000;
/** Class of the cases that are about the run as a whole. */
const RUN = 'apparmor-probe.run';

/** How a verdict reads in JUnit. A pass has no element. */
const ELEMENT: Readonly<Record<VerdictKind, 'failure' | 'error' | 'skipped' | undefined>> = {
  pass: undefined,
  fail: 'failure',
  vacuous: 'error',
  inconclusive: 'error',
  skipped: 'skipped',
};

interface Case {
  readonly className: string;
  readonly name: string;
  readonly file: string;
  readonly line?: number;
  readonly ms: number;
  readonly outcome: {
    readonly element: 'failure' | 'error' | 'skipped' | undefined;
    readonly message: string;
    readonly type: string;
  };
  readonly properties: readonly (readonly [name: string, value: string])[];
  /** Text of the failure or error, short; the message when there is none. */
  readonly detail?: string;
  readonly output?: string;
}

interface JunitOptions {
  /** Folder that file names are relative to, as report viewers want them. */
  readonly root?: string;
}

/** The ledger as JUnit XML. It shows a failure or an error exactly when the run is not green. */
export function junit(ledger: Ledger, options: JunitOptions = {}): string {
  const report = builders.newBuilder().name(oneLine(ledger.tool, NAME));
  const suiteNames = new Names();
  const caseNames = new Names();
  const shortfalls = shortfallsOf(ledger);
  ledger.suites.forEach((suite, index) => {
    const node = addSuite(report.testSuite(), ledger, suite, suiteNames, options);
    const className = classNameOf(suite);
    const file = relativeTo(options.root, suite.file);
    for (const entry of suite.entries) addCase(node, caseOf(entry, className, options), caseNames);
    for (const fault of suite.faults) addCase(node, faultCase(fault, className, file), caseNames);
    for (const lack of shortfalls)
      if (lack.suite === index)
        addCase(node, errorCase('suite', lack.message, 'incomplete', className, file), caseNames);
  });
  const lacks = shortfalls.filter((lack) => lack.suite === undefined);
  if (ledger.faults.length > 0 || lacks.length > 0) {
    const node = addSuite(report.testSuite(), ledger, undefined, suiteNames, options);
    for (const fault of ledger.faults) addCase(node, faultCase(fault, RUN, ''), caseNames);
    for (const lack of lacks) addCase(node, errorCase('run', lack.message, 'incomplete', RUN, ''), caseNames);
  }
  return report.build();
}

/** Hands out names that are never empty and never repeat: some viewers drop the second case of a name, some crash without one. */
class Names {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  take(wanted: string, fallback: string, scope = ''): string {
    const name = oneLine(wanted, NAME).trim() || fallback;
    let unique = name;
    let count = this.#next.get(`${scope}\0${name}`) ?? 1;
    while (this.#taken.has(`${scope}\0${unique}`)) unique = `${name} #${(count += 1)}`;
    this.#next.set(`${scope}\0${name}`, count);
    this.#taken.add(`${scope}\0${unique}`);
    return unique;
  }
}

/** `profile.spec`: viewers group by what stands before the last dot. */
function classNameOf(suite: Suite): string {
  const stem = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
  const part = (text: string): string => oneLine(text, 100).trim().replaceAll('.', '_') || 'unknown';
  return `${part(suite.confinement?.profile ?? stem(suite.profileFile ?? suite.image))}.${part(stem(suite.file))}`;
}

function caseOf(entry: Entry, className: string, options: JunitOptions): Case {
  const { probe, verdict } = entry;
  return {
    className,
    name: probe.name,
    file: relativeTo(options.root, probe.at.file),
    line: probe.at.line,
    ms: entry.observation?.durationMs ?? 0,
    outcome: {
      element: Object.hasOwn(ELEMENT, verdict.kind) ? ELEMENT[verdict.kind] : 'error',
      message: verdict.reason,
      type: verdict.code,
    },
    properties: caseProperties(entry, options.root),
    detail: caseFacts(entry, options.root),
    output: caseOutput(entry, options.root),
  };
}

function errorCase(name: string, message: string, type: string, className: string, file: string): Case {
  return { className, name, file, ms: 0, outcome: { element: 'error', message, type }, properties: [] };
}

function faultCase(fault: Fault, className: string, file: string): Case {
  return {
    ...errorCase(`fault ${fault.code}`, fault.message, fault.code, className, file),
    detail: `${faultText(fault)}\nhint      ${oneLine(fault.hint, MESSAGE)}`,
  };
}

/** Seconds with at most three decimals: schemas ask for it, and NaN or 1e-7 is no number to them. */
function seconds(ms: number): number {
  return Number.isFinite(ms) && ms > 0 ? Math.round(ms) / 1000 : 0;
}

function utc(time: string, fallback: string): string | undefined {
  const ms = [Date.parse(time), Date.parse(fallback)].find((value) => !Number.isNaN(value));
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

/** Starts a suite's element; without a ledger suite, the one for what is wrong with the run as a whole. */
function addSuite(
  node: TestSuite,
  ledger: Ledger,
  suite: Suite | undefined,
  names: Names,
  options: JunitOptions,
): TestSuite {
  node
    .name(names.take(suite?.title ?? 'run', suite === undefined ? 'run' : 'suite'))
    .time(seconds(suite?.durationMs ?? ledger.durationMs));
  const timestamp = utc(suite?.startedAt ?? ledger.startedAt, ledger.startedAt);
  if (timestamp !== undefined) node.timestamp(timestamp);
  for (const [name, value] of suiteProperties(ledger, suite)) node.property(name, value);
  const create = node['createElement'].bind(node);
  return Object.assign(node, {
    createElement(parent: Parameters<typeof create>[0]) {
      const element = create(parent);
      element.att('hostname', oneLine(ledger.host?.hostname ?? '', NAME) || 'unknown');
      if (suite !== undefined) element.att('file', oneLine(relativeTo(options.root, suite.file), MESSAGE));
      return element;
    },
  });
}

function addCase(suite: TestSuite, data: Case, names: Names): void {
  const { element, type } = data.outcome;
  const node = suite
    .testCase()
    .className(data.className)
    .name(names.take(data.name, 'probe', data.className))
    .time(seconds(data.ms));
  if (data.file !== '') node.file(oneLine(data.file, MESSAGE));
  for (const [name, value] of data.properties) node.property(name, value);
  const build = node.build.bind(node);
  Object.assign(node, {
    getFailureCount: () => (element === 'failure' ? 1 : 0),
    getErrorCount: () => (element === 'error' ? 1 : 0),
    getSkippedCount: () => (element === 'skipped' ? 1 : 0),
    build(parent: Parameters<typeof build>[0]) {
      const built = build(parent);
      if (data.line !== undefined) built.att('line', data.line);
      const message = oneLine(data.outcome.message, MESSAGE);
      if (element === 'skipped') built.ele('skipped', { message });
      else if (element !== undefined)
        built.ele(element, { message, type: oneLine(type, NAME) }, data.detail ?? message);
      if (data.output !== undefined) built.ele('system-out', {}, data.output);
      return built;
    },
  });
}
