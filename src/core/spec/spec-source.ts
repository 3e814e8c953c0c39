/** The YAML text of a spec: its syntax problems, its value, and where each value stands. Pure. */
import { LineCounter, isMap, isNode, isScalar, parseDocument, visit, type Document } from 'yaml';
import type { Position } from '../model/model.ts';

/** A mistake in a file that a user wrote. */
export interface Problem {
  readonly at: Position;
  readonly message: string;
}

/** Keys and indexes that lead to a value. */
export type KeyPath = readonly PropertyKey[];

/** How often aliases may repeat a value: more is an attack on memory. */
const MAX_ALIASES = 100;

export class SpecSource {
  /** Mistakes of the YAML itself. */
  readonly problems: readonly Problem[];
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #document: Document;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#document = parseDocument(text, {
      lineCounter: this.#lines,
      strict: true,
      uniqueKeys: true,
      prettyErrors: false,
    });
    this.problems = [...this.#syntaxProblems(), ...this.#halfCharacters()];
  }

  /** @returns the value of the whole text, or why it has none. */
  read(): { readonly value: unknown } | { readonly problem: Problem } {
    try {
      return { value: this.#document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown };
    } catch (error) {
      return { problem: { at: this.#positionAt(0), message: (error as Error).message } };
    }
  }

  /** Where a value stands, or the nearest one around it that is there. */
  locate(path: KeyPath): Position {
    return this.#positionAt(this.#offsetOf(path));
  }

  /** Where a key of the map at a path stands. */
  locateKey(path: KeyPath, key: string): Position {
    const map = path.length === 0 ? this.#document.contents : this.#document.getIn(path, true);
    const pair = isMap(map)
      ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
      : undefined;
    const range = isScalar(pair?.key) ? pair.key.range : undefined;
    return this.#positionAt(range ? range[0] : this.#offsetOf(path));
  }

  /** An unknown tag is only a warning to the library; in a spec it is a mistake. */
  #syntaxProblems(): Problem[] {
    const { errors, warnings } = this.#document;
    return [...errors, ...warnings].map(({ pos, message }) => ({ at: this.#positionAt(pos[0]), message }));
  }

  #halfCharacters(): Problem[] {
    const problems: Problem[] = [];
    visit(this.#document, {
      Scalar: (_key, { value, range }) => {
        if (typeof value !== 'string' || !/[\ud800-\udfff]/u.test(value)) return;
        problems.push({
          at: this.#positionAt(range?.[0] ?? 0),
          message: 'half of a character (a lone surrogate): no path and no argument can contain it',
        });
      },
    });
    return problems;
  }

  #offsetOf(path: KeyPath): number {
    for (let length = path.length; length >= 0; length -= 1) {
      const node = length === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return node.range[0];
    }
    return 0;
  }

  #positionAt(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}
