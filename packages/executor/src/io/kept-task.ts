/** Looks at which worker of a pool keeps a task of an earlier life. */
import type { SandboxManager } from '@sandcrew/manager';

/** The URL of the worker that keeps it, or why none is known to. Workers that cannot be reached are waited for as long as the manager waits for one. */
export async function findKeeper(
  manager: SandboxManager,
  taskId: string,
): Promise<{ readonly url: string } | { readonly fault: string }> {
  const urls = manager.getHealth().workers.map(({ url }) => url);
  const answers = await Promise.all(
    urls.map(async (url) => {
      try {
        const isKept = (await manager.listTasks(url)).some((task) => task.taskId === taskId);
        return isKept ? { url } : { fault: `${url} does not keep it` };
      } catch (error) {
        return { fault: `${url}: ${error instanceof Error ? error.message : error}` };
      }
    }),
  );
  const found = answers.find((answer) => 'url' in answer);
  if (found !== undefined) return found as { readonly url: string };
  const faults = answers.map((answer) => ('fault' in answer ? answer.fault : ''));
  return { fault: faults.length === 0 ? 'the pool has no worker' : faults.join('; ') };
}
