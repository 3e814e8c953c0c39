/** Graphs of who imports whom: circles, floors and arrows that run back up. Pure. */

/** From each node to the nodes that it imports, with the number of imports. Every node is a key. */
export type Graph = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Nodes that import a node. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly imports: number;
}

/** A graph from its nodes and one pair for each import. Nodes of a pair that are not listed are added. */
export function graphOf(nodes: Iterable<string>, imports: Iterable<readonly [from: string, to: string]>): Graph {
  const graph = new Map<string, Map<string, number>>();
  for (const node of nodes) graph.set(node, new Map());

  for (const [from, to] of imports) {
    const targets = graph.get(from) ?? new Map<string, number>();
    targets.set(to, (targets.get(to) ?? 0) + 1);
    graph.set(from, targets);
    if (!graph.has(to)) graph.set(to, new Map());
  }
  return graph;
}

/** All arrows of a graph. */
export function arrows(graph: Graph): Arrow[] {
  return [...graph].flatMap(([from, targets]) => [...targets].map(([to, imports]) => ({ from, to, imports })));
}

/** The graph of the groups (the rooms) that nodes stand in. Arrows inside a group are left out. */
export function grouped(graph: Graph, groupOf: (node: string) => string): Graph {
  const groups = new Map<string, Map<string, number>>();
  for (const node of graph.keys()) groups.set(groupOf(node), new Map());

  for (const arrow of arrows(graph)) {
    const from = groupOf(arrow.from);
    const to = groupOf(arrow.to);
    if (from === to) continue;

    const targets = groups.get(from);
    targets?.set(to, (targets.get(to) ?? 0) + arrow.imports);
  }
  return groups;
}

/** All nodes that can be reached from a node by one or more arrows. */
function reachable(graph: Graph, start: string): Set<string> {
  const seen = new Set<string>();
  const waiting = [start];

  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    for (const target of graph.get(node)?.keys() ?? []) {
      if (seen.has(target)) continue;
      seen.add(target);
      waiting.push(target);
    }
  }
  return seen;
}

/**
 * The circles of a graph: its strongly connected components of more than one node, and nodes that import themselves.
 * Sorted, each and all of them.
 */
export function circles(graph: Graph): string[][] {
  const reach = new Map([...graph.keys()].map((node) => [node, reachable(graph, node)]));
  const done = new Set<string>();
  const found: string[][] = [];

  for (const node of [...graph.keys()].sort()) {
    const ahead = reach.get(node);
    if (done.has(node) || ahead?.has(node) !== true) continue;

    const circle = [...ahead].filter((other) => reach.get(other)?.has(node)).sort();
    for (const member of circle) done.add(member);
    found.push(circle);
  }
  return found;
}

/**
 * The arrows that run back up: while there are circles, the arrow with the fewest imports in any of them is taken out.
 * Among equals, the first in the alphabet.
 */
export function arrowsBackUp(graph: Graph): Arrow[] {
  const back: Arrow[] = [];

  for (let rest = graph; ; rest = without(graph, back)) {
    const inCircles = circles(rest).flatMap((circle) =>
      arrows(rest).filter(({ from, to }) => circle.includes(from) && circle.includes(to)),
    );
    const [weakest] = inCircles.sort((a, b) => a.imports - b.imports || nameOf(a).localeCompare(nameOf(b), 'en'));
    if (weakest === undefined) return back;
    back.push(weakest);
  }
}

/** A graph without some of its arrows. */
function without(graph: Graph, removed: readonly Arrow[]): Graph {
  const isRemoved = (from: string, to: string): boolean =>
    removed.some((arrow) => arrow.from === from && arrow.to === to);

  return new Map(
    [...graph].map(([from, targets]) => [from, new Map([...targets].filter(([to]) => !isRemoved(from, to)))]),
  );
}

/** An arrow in words. */
export function nameOf({ from, to }: Arrow): string {
  return `${from} → ${to}`;
}

/** The floors of a graph: how many nodes the longest chain of arrows has. Those that run back up are left out. */
export function floors(graph: Graph): number {
  const downward = without(graph, arrowsBackUp(graph));
  const heights = new Map<string, number>();

  function heightOf(node: string): number {
    const known = heights.get(node);
    if (known !== undefined) return known;

    const below = [...(downward.get(node)?.keys() ?? [])].map(heightOf);
    const height = 1 + Math.max(0, ...below);
    heights.set(node, height);
    return height;
  }
  return Math.max(0, ...[...downward.keys()].map(heightOf));
}
