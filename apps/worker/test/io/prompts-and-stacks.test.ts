/** What only a tool beside the kernel tells of a block: the mode of a terminal, and where a runtime's threads stand. */
import { afterAll, beforeAll, expect } from '@jest/globals';
import { hasProgram, testIf } from '../needs.js';
import { type Client, TestWorker } from '../worker-process.js';

const pty = { cols: 80, rows: 24 };
const withPython = testIf(hasProgram('python3', '--version'), 'python3 (Debian: python3)');
const hasJava = hasProgram('jstack', '-h') && hasProgram('java', '--version');
const withJava = testIf(hasJava, 'java and jstack (Debian: default-jdk-headless)');

const DEADLOCK = `
public class Locks {
  static void take(Object first, Object second) {
    synchronized (first) {
      try { Thread.sleep(200); } catch (InterruptedException e) { return; }
      synchronized (second) { System.out.println("never"); }
    }
  }
  public static void main(String[] words) {
    Object a = new Object(), b = new Object();
    new Thread(() -> take(a, b), "one").start();
    new Thread(() -> take(b, a), "other").start();
  }
}`;

let worker: TestWorker;
let client: Client;

beforeAll(async () => {
  worker = await TestWorker.start();
  client = await worker.manager();
});
afterAll(() => worker.stop());

const end = async (taskId: string) => {
  client.send({ type: 'terminate_task', taskId, graceMs: 0 });
  await client.terminal(taskId);
};

withPython('a password prompt is told as one, and the prompt after it is not', async () => {
  const script = 'import getpass; getpass.getpass("Secret: "); input("Name: ")';
  const taskId = await client.start(['python3', '-c', script], { pty });
  expect(await client.next('block_detected', taskId)).toMatchObject({
    reason: 'waiting_for_input',
    confidence: 'confirmed',
    evidence: { prompt: 'Secret:', password: true, process: 'python3' },
  });
  client.send({ type: 'send_input', taskId, input: 'x\n' });
  expect(await client.next('block_cleared', taskId)).toMatchObject({ reason: 'waiting_for_input' });
  expect(await client.next('block_detected', taskId)).toMatchObject({
    evidence: { prompt: 'Name:', password: false },
  });
  await end(taskId);
});

withJava('a deadlock of a JVM is told with its stacks', async () => {
  const write = `cat > Locks.java <<'END'\n${DEADLOCK}\nEND\njavac Locks.java && exec java Locks`;
  const taskId = await client.start(write);
  const { reason, confidence, evidence } = await client.next('block_detected', taskId);
  expect({ reason, confidence }).toEqual({ reason: 'deadlock', confidence: 'confirmed' });
  expect(evidence).toMatchObject({
    stacks: [{ tool: 'jstack', text: expect.stringContaining('Found one Java-level deadlock') }],
  });
  await end(taskId);
});
