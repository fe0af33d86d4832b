/** The graph of a plan's steps: which need which. It knows ids and nothing of what a step does. */

export interface GraphNode {
  readonly taskId: string;
  readonly dependsOn?: readonly string[];
}

/** One sentence for each id that stands twice, needs itself or one that there is not, and for each cycle. Empty: a sound plan. */
export function faultsOfGraph(nodes: readonly GraphNode[]): string[] {
  const known = new Set(nodes.map(({ taskId }) => taskId));
  const twice = nodes.filter(
    ({ taskId }, index) => nodes.findIndex((each) => each.taskId === taskId) < index,
  );
  const unknown = nodes.flatMap(({ taskId, dependsOn = [] }) =>
    dependsOn.filter((id) => !known.has(id)).map((id) => ({ taskId, id })),
  );
  return [
    ...twice.map(({ taskId }) => `step "${taskId}": expected each taskId once, got it again`),
    ...unknown.map(
      ({ taskId, id }) => `step "${taskId}": expected dependsOn to name steps of the plan, got "${id}"`,
    ),
    ...findCycles(nodes).map(
      (cycle) => `expected steps that do not need each other in a circle, got ${cycle.join(' -> ')}`,
    ),
  ];
}

/** Each circle once, as its ids in order, the first again at the end. Without recursion: a plan may be a long chain. */
function findCycles(nodes: readonly GraphNode[]): string[][] {
  const needs = new Map(nodes.map(({ taskId, dependsOn = [] }) => [taskId, dependsOn]));
  const done = new Set<string>();
  const cycles: string[][] = [];
  for (const start of needs.keys()) {
    const path: { readonly id: string; next: number }[] = [{ id: start, next: 0 }];
    const onPath = new Set([start]);
    for (let top = path.at(-1); top !== undefined && !done.has(start); top = path.at(-1)) {
      const need = needs.get(top.id)?.[top.next++];
      if (need === undefined) {
        path.pop();
        onPath.delete(top.id);
        done.add(top.id);
      } else if (onPath.has(need)) {
        cycles.push([...path.slice(path.findIndex(({ id }) => id === need)).map(({ id }) => id), need]);
      } else if (!done.has(need)) {
        path.push({ id: need, next: 0 });
        onPath.add(need);
      }
    }
  }
  return cycles;
}
