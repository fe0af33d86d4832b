/** Whose tasks and workspaces they are. */
import type { Citation } from '../core/check.js';
import { expectFields, expectSame, expectThat } from '../core/mismatch.js';
import type { WorkerCheck } from './worker-check.js';

const OWNERS = 'Who owns what';
const COMMANDS = 'Commands';
const MEET: Citation = [
  OWNERS,
  'To anyone else it is `unknown_task`, and equal ids of different owners never meet.',
];
const DIRECTORY: Citation = [COMMANDS, 'A _workspace_ is a directory that outlives tasks'];
const REMOVAL: Citation = [
  'Who answers what',
  '`workspace_removed`, or `protocol_error` `workspace_busy`, `unknown_workspace`',
];

export const OWNER_CHECKS: readonly WorkerCheck[] = [
  {
    id: 'owners.same-ids',
    says: 'Equal ids of different owners never meet.',
    cites: MEET,
    run: async (bench) => {
      const clients = [
        (await bench.manager()).client,
        (await bench.manager()).client,
        await bench.plain(),
        await bench.plain(),
      ];
      for (const [index, client] of clients.entries()) client.execute('same', `echo ${index}`);
      for (const [index, client] of clients.entries()) {
        await client.next(['task_complete', 'task_error', 'protocol_error'], 'same');
        expectSame('the output', client.text('same'), `${index}\n`);
      }
    },
  },
  {
    id: 'owners.strangers',
    says: "Another manager's task is unknown_task, and is not touched.",
    cites: MEET,
    run: async (bench) => {
      const { client } = await bench.manager();
      client.execute('t', 'echo up; sleep 0.4; echo done');
      await client.next('task_output', 't');
      const { client: stranger } = await bench.manager();
      stranger.send({ type: 'terminate_task', taskId: 't', graceMs: 0 });
      expectFields(await stranger.refusal(), { code: 'unknown_task', taskId: 't' });
      expectFields(await client.terminal('t'), { type: 'task_complete', exitCode: 0 });
    },
  },
  {
    id: 'owners.plain',
    says: "A plain client's task is unknown to every other connection.",
    cites: MEET,
    run: async (bench) => {
      const [one, other] = [await bench.plain(), await bench.plain()];
      one.execute('t', 'sleep 30');
      await one.next('execution_started', 't');
      other.send({ type: 'resume_task', taskId: 't', offset: 0 });
      other.send({ type: 'ping' });
      expectFields(await other.next(['protocol_error', 'pong']), { code: 'unknown_task' });
    },
  },
  {
    id: 'owners.plain-ends',
    says: "A plain client's tasks end when its connection does.",
    cites: [OWNERS, 'Its tasks end when its connection does'],
    run: async (bench) => {
      const workspace = bench.workspace();
      const client = await bench.plain();
      client.execute('t', 'echo x > alive; echo up; while :; do echo x >> alive; sleep 0.05; done', {
        workspace,
      });
      await client.next('task_output', 't');
      await client.cut();
      const grown =
        'a=$(wc -c < alive); for i in $(seq 40); do sleep 0.2; b=$(wc -c < alive); [ $a = $b ] && break; a=$b; done; [ $a = $b ] && echo still';
      expectSame('the file that it wrote to', await bench.look(workspace, grown), 'still\n');
    },
  },
  {
    id: 'owners.workspace',
    says: 'A workspace outlives tasks and connections.',
    cites: DIRECTORY,
    run: async (bench) => {
      const workspace = bench.workspace();
      const client = await bench.plain();
      client.execute('t', 'echo data > file', { workspace });
      await client.terminal('t');
      await client.close();
      expectSame('the file', await bench.look(workspace, 'cat file'), 'data\n');
    },
  },
  {
    id: 'owners.workspace-listed',
    says: 'welcome names the workspaces that exist.',
    cites: ['welcome', 'The workspaces of this token that exist.'],
    run: async (bench) => {
      const workspace = bench.workspace();
      await bench.look(workspace, 'true');
      const { welcome } = await bench.manager();
      expectThat(
        (welcome['workspaces'] as string[]).includes(workspace),
        `${workspace} among them`,
        welcome['workspaces'],
      );
    },
  },
  {
    id: 'owners.workspace-apart',
    says: 'Two workspaces are two directories.',
    cites: DIRECTORY,
    run: async (bench) => {
      const [one, other] = [bench.workspace(), bench.workspace()];
      await bench.look(one, 'echo data > file');
      expectSame('the files of the other', await bench.look(other, 'ls'), '');
    },
  },
  {
    id: 'owners.workspace-again',
    says: 'A workspace that a command deleted is made again.',
    cites: [COMMANDS, 'It is made on its first use, and again where it was deleted meanwhile.'],
    run: async (bench) => {
      const workspace = bench.workspace();
      await bench.look(workspace, 'echo data > file; rm -rf "$PWD"');
      expectSame('what is in it', await bench.look(workspace, 'ls; echo there'), 'there\n');
    },
  },
  {
    id: 'owners.workspace-names',
    says: 'Workspaces belong to the name of the token.',
    cites: [OWNERS, "Workspaces are scoped by the token's name as well."],
    run: async (bench) => {
      const token = bench.otherToken;
      const workspace = bench.workspace();
      await bench.look(workspace, 'echo data > file');
      const stranger = await bench.plain(token);
      stranger.execute('t', 'ls', { workspace });
      await stranger.terminal('t');
      expectSame('what the other token sees', stranger.text('t'), '');
      stranger.send({ type: 'remove_workspace', workspace });
      await stranger.next('workspace_removed');
      expectSame('the file', await bench.look(workspace, 'cat file'), 'data\n');
    },
  },
  {
    id: 'owners.remove',
    says: 'remove_workspace leaves nothing of it.',
    cites: REMOVAL,
    run: async (bench) => {
      const workspace = bench.workspace();
      const client = await bench.plain();
      client.execute('t', 'echo data > file', { workspace });
      await client.terminal('t');
      client.send({ type: 'remove_workspace', workspace });
      expectFields(await client.next(['workspace_removed', 'protocol_error']), {
        type: 'workspace_removed',
        workspace,
      });
      expectSame('what is in it after', await bench.look(workspace, 'ls'), '');
    },
  },
  {
    id: 'owners.remove-busy',
    says: 'A workspace in which a task runs is workspace_busy, and stays.',
    cites: REMOVAL,
    run: async (bench) => {
      const workspace = bench.workspace();
      const client = await bench.plain();
      client.execute('t', 'echo data > file; echo up; sleep 30', { workspace });
      await client.next('task_output', 't');
      client.send({ type: 'remove_workspace', workspace });
      expectFields(await client.next(['workspace_removed', 'protocol_error']), { code: 'workspace_busy' });
      expectSame('the file', await bench.look(workspace, 'cat file'), 'data\n');
    },
  },
  {
    id: 'owners.remove-unknown',
    says: 'A workspace that there is not is unknown_workspace.',
    cites: REMOVAL,
    run: async (bench) => {
      const client = await bench.plain();
      client.send({ type: 'remove_workspace', workspace: bench.name('nowhere') });
      expectFields(await client.next(['workspace_removed', 'protocol_error']), { code: 'unknown_workspace' });
    },
  },
];
