/** A binary heap. Pure. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #compare: (a: T, b: T) => number;

  /** @param compare negative when the first is to come out earlier. */
  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  push(item: T): void {
    let at = this.#items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#items[parent];
      if (above === undefined || this.#compare(above, item) <= 0) break;
      this.#items[at] = above;
      at = parent;
    }
    this.#items[at] = item;
  }

  /** Removes the smallest item. */
  pop(): T | undefined {
    const [top] = this.#items;
    const last = this.#items.pop();
    if (last === undefined || this.#items.length === 0) return top;

    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = this.#items[child];
      const right = this.#items[child + 1];
      if (left === undefined) break;
      let least = left;
      if (right !== undefined && this.#compare(right, left) < 0) {
        child += 1;
        least = right;
      }
      if (this.#compare(last, least) <= 0) break;
      this.#items[at] = least;
      at = child;
    }
    this.#items[at] = last;
    return top;
  }
}
