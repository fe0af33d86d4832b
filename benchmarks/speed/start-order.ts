/** Whether tasks begin in their turn. */

/**
 * How many began while more tasks that come before them had not begun than can have been on their way to a worker: one
 * slot each, and one of them is its own. What is on its way may arrive in any order.
 */
export function countOvertaken(started: readonly string[], due: readonly string[], slots: number): number {
  const rankOf = new Map(due.map((taskId, rank) => [taskId, rank]));
  const hasBegun = new Array<boolean>(due.length).fill(false);
  let overtaken = 0;
  for (const taskId of started) {
    const rank = rankOf.get(taskId) ?? 0;
    const notBegun = hasBegun.slice(0, rank).filter((begun) => !begun).length;
    if (notBegun > slots - 1) overtaken++;
    hasBegun[rank] = true;
  }
  return overtaken;
}
