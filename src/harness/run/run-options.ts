/** What a run is given, and what it reports while it goes on. */
import type { ClosedResult, Entry, IncludeFolders, Suite } from '#core/model/model.ts';
import type { Session, SessionEvents, SessionOptions } from '../session/session.ts';

export interface RunOptions extends SessionOptions {
  readonly specs: readonly string[];
  readonly profile?: string;
  /** Which profile of the file, in place of the one that the spec names. */
  readonly profileName?: string;
  readonly image?: string;
  /** Search these folders before those of the specs, and this base in place of theirs. */
  readonly includes?: IncludeFolders;
  /** Search `includes` alone. */
  readonly onlyTheseIncludes?: boolean;
  readonly grep?: string;
  readonly bail: boolean;
  /** Load the profile under its own name, and put back what was there. */
  readonly inPlace: boolean;
  /** The percentage of its testable rules that every profile has to reach. */
  readonly minCoverage?: number;
  /** Leave rule coverage out, which takes seconds in a guest without KVM. */
  readonly withoutCoverage?: boolean;
}

/** What a run reports while it goes on. */
export interface RunEvents extends SessionEvents {
  /** Called when a suite is prepared, without entries yet. */
  suite(suite: Suite): void;
  entry(entry: Entry): void;
  /** Called with each closed class once all its attempts have their verdicts. */
  closed?(result: ClosedResult): void;
}

/** What all suites of a run share. */
export interface RunContext extends Session<RunEvents> {
  readonly options: RunOptions;
}
