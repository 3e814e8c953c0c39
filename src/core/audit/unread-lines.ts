/** Counts the lines of a log that are no records, by reason. Pure. */
import { counted, grouped } from '../text/visible.ts';

interface Reason {
  /** The reason of the parser. */
  readonly pattern: RegExp;
  readonly singular: string;
  readonly plural: string;
}

/** The parser's reasons as ends of a sentence; the first that matches counts. */
const REASONS: readonly Reason[] = [
  { pattern: /^no AppArmor record/, singular: 'holds no AppArmor record', plural: 'hold no AppArmor record' },
  { pattern: /^cut in a quoted value/, singular: 'is cut in a quoted value', plural: 'are cut in a quoted value' },
  { pattern: /^JSON/, singular: 'is JSON that is cut or broken', plural: 'are JSON that is cut or broken' },
  { pattern: /^no audit (?:stamp|type)/, singular: 'has no audit stamp', plural: 'have no audit stamp' },
  { pattern: /^no apparmor=/, singular: 'has no apparmor=', plural: 'have no apparmor=' },
  { pattern: /^apparmor= is/, singular: 'has a damaged apparmor=', plural: 'have a damaged apparmor=' },
  {
    pattern: /^(?:written|the (?:tag|priority) is|not a decision)/,
    singular: 'was written by another program',
    plural: 'were written by other programs',
  },
  { pattern: /^audit type/, singular: 'is of another audit type', plural: 'are of other audit types' },
  { pattern: /./, singular: 'has a header of unknown form', plural: 'have headers of unknown form' },
];

export class UnreadLines {
  readonly #counts = new Map<Reason, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @param why the reason of the parser */
  add(why: string, lines: number): void {
    const reason = REASONS.find(({ pattern }) => pattern.test(why));
    if (reason === undefined) return;
    this.#count += lines;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + lines);
  }

  /** As in `3 lines were not read: 2 hold no AppArmor record, 1 is cut in a quoted value`. */
  summary(): string {
    const groups = [...this.#counts]
      .sort(([, left], [, right]) => right - left)
      .map(([reason, count]) => `${grouped(count)} ${count === 1 ? reason.singular : reason.plural}`);
    return `${counted(this.#count, 'line')} ${this.#count === 1 ? 'was' : 'were'} not read: ${groups.join(', ')}`;
  }
}
