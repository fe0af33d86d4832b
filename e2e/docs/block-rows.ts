/** Each block of commands on a page: how the tests run it, or why they do not. A block without a row turns its test red. */

export type BlockRow = {
  readonly page: string;
  /** The first line, or how it begins; `''` for every block of the page. */
  readonly begins: string;
} & (
  | { readonly run: BlockRun }
  /** It is the same as this file. */
  | { readonly isFile: string }
  /** Messages: `->` of a manager, `<-` of a worker. */
  | { readonly frames: true }
  /** It is run there. */
  | { readonly by: readonly [file: string, title: string] }
  /** Nothing runs it, because. */
  | { readonly not: string }
);

export interface BlockRun {
  /** Commands that make what the page takes for granted. */
  readonly before?: string;
  /** What is put in the place of words that only fit another machine: its ports, its paths, a server that takes the terminal. */
  readonly adapt?: readonly (readonly [from: string, to: string])[];
  /** Programs that stand in for ones that are not ours: each says its name and arguments. */
  readonly tools?: readonly string[];
  /** Of a program: what stands before it and behind it. */
  readonly prelude?: string;
  readonly postlude?: string;
  /** What stdout says. */
  readonly says?: RegExp;
}

const OWN_MANAGER =
  "import { SandboxManager } from '@sandcrew/manager';\nconst manager = new SandboxManager();\n";
const PROJECT =
  'mkdir -p project/dist project/.git && echo x > project/dist/a && echo y > project/report.html';
/** It has nothing to install. */
const NPM_PROJECT =
  'echo \'{"name":"a","version":"1.0.0","scripts":{"build":"mkdir -p dist"}}\' > project/package.json\necho \'{"name":"a","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"a","version":"1.0.0"}}}\' > project/package-lock.json';
/** `serve` runs a server until the end of the block, on $PORT, a free one, or $OTHER_PORT. */
const STAYING_WORKER =
  'sandcrew-worker token new worker.token\nserve sandcrew-worker --listen 127.0.0.1:$PORT --token-file worker.token --workspace work\nexport SANDCREW_WORKER=ws://127.0.0.1:$PORT SANDCREW_TOKEN_FILE=$PWD/worker.token';
const CONFORMANCE = 'e2e/tests/conformance';

export const BLOCK_ROWS: readonly BlockRow[] = [
  { page: 'README.md', begins: 'npm start --', run: { says: /./ } },
  { page: 'README.md', begins: 'npm test', not: 'it is what runs this' },
  { page: 'README.md', begins: 'import { SandboxManager }', isFile: 'examples/run-a-command.mjs' },
  {
    page: 'README.md',
    begins: 'claude mcp add',
    run: { tools: ['claude'], says: /"serverInfo":\{"name":"sandcrew/ },
  },
  {
    page: 'README.md',
    begins: 'node apps/worker/dist/main.js token new',
    run: {
      tools: ['npm'],
      adapt: [
        ['127.0.0.1:7433', '127.0.0.1:$PORT'],
        ['node apps/worker/dist/main.js --token-file', 'serve node apps/worker/dist/main.js --token-file'],
        ['worker.token', '"$HOME/worker.token"'],
      ],
      says: /^npm test$/m,
    },
  },
  {
    page: 'README.md',
    begins: 'node apps/cli/dist/main.js run --timeout 10s',
    by: ['apps/cli/test/blocks', 'that asks on a terminal that nobody sits at'],
  },
  { page: 'CONTRIBUTING.md', begins: 'worker: judge', not: 'a message of a commit' },
  {
    page: 'apps/cli/README.md',
    begins: "sandcrew run -- 'npm ci && npm test'",
    run: {
      tools: ['npm', 'make', 'vim'],
      before: 'git init -q . && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first',
      says: /^npm ci\nnpm test\n[\s\S]*first[\s\S]*make -j2\n\d+\nvim notes\.txt\r?\n$/,
    },
  },
  {
    page: 'apps/cli/README.md',
    begins: 'sandcrew worker --listen',
    run: {
      before: `mkdir work && printf '#!/bin/sh\\nsleep 60' > work/train.sh && chmod +x work/train.sh\nsandcrew-worker token new tokens\nexport SANDCREW_WORKER=ws://127.0.0.1:$PORT SANDCREW_TOKEN_FILE=$PWD/tokens`,
      adapt: [
        [
          'sandcrew worker --listen 127.0.0.1:7700 --token-file tokens',
          'serve sandcrew worker --listen 127.0.0.1:$PORT --token-file tokens --workspace work',
        ],
        [
          'sandcrew logs --follow "$task"; sandcrew stop "$task"',
          'sandcrew logs "$task"; sandcrew stop "$task"',
        ],
        // What it says is how it was ended: it was stopped one line before.
        ['sandcrew attach "$task" ', 'sandcrew attach "$task" || echo "attached: $?" '],
      ],
      says: /RUNNING|running/,
    },
  },
  {
    page: 'apps/cli/README.md',
    begins: 'sandcrew put --exclude .git',
    run: {
      before: `mkdir src result && echo '{}' > package.json && echo x > src/a\n${STAYING_WORKER}\nsandcrew run --workspace app -- 'mkdir dist; echo r > report.html; echo d > dist/d'\ngit init -q . && git add src package.json && git -c user.name=a -c user.email=a@b commit -q -m first`,
      postlude: 'cat result/report.html result/dist/d; gzip -dc app.tar.gz | tar t | grep -c src/a',
      says: /^r\nd\n[1-9]\d*\n$/,
    },
  },
  {
    page: 'apps/cli/README.md',
    begins: '$ sandcrew run --pty',
    by: ['apps/cli/test/blocks', 'that asks on a terminal that nobody sits at'],
  },
  {
    page: 'apps/mcp/README.md',
    begins: 'sandcrew-mcp --workspace ~/project',
    run: {
      // Over stdio a server ends with its client's stdin.
      before: `mkdir -p ~/project && openssl rand -hex 32 > mcp.token && chmod 600 mcp.token\n${STAYING_WORKER}\nunset SANDCREW_WORKER SANDCREW_TOKEN_FILE`,
      adapt: [
        ['--workspace ~/project ', '--workspace ~/project < /dev/null '],
        ['ws://127.0.0.1:7433', 'ws://127.0.0.1:$PORT'],
        ['sandcrew/mcp.json', 'sandcrew/mcp.json < /dev/null'],
        ['sandcrew-mcp --http 127.0.0.1:8733', 'serve sandcrew-mcp --http 127.0.0.1:$OTHER_PORT'],
      ],
      postlude:
        'node -e "fetch(\'http://127.0.0.1:$OTHER_PORT/mcp\').then(({ status }) => console.log(status))"',
      says: /^401\n$/,
    },
  },
  {
    page: 'docs/getting-started.md',
    begins: '',
    by: [
      'e2e/tests/getting-started',
      'each command of docs/getting-started.md works, and says what the page says',
    ],
  },
  {
    page: 'docs/files.md',
    begins: 'const put =',
    run: {
      before: PROJECT,
      prelude: OWN_MANAGER,
      postlude: 'await manager.close();\nconsole.log(put.entries, got.entries);',
      says: /^[3-9] [3-9]\n$/,
    },
  },
  {
    page: 'docs/recovery.md',
    begins: 'manager.run({',
    run: {
      before:
        'printf \'#!/bin/sh\\nprintf "Proceed? "; read a; echo "got $a"\' > install.sh && chmod +x install.sh',
      prelude: `${OWN_MANAGER}const secret = 'x';\nconst { stdout } = await `,
      postlude: 'console.log(stdout);\nawait manager.close();',
      says: /^Proceed\? got y\n/,
    },
  },
  {
    page: 'docs/executor.md',
    begins: 'interface TaskPlan',
    not: 'types, which are in etc/executor.api.d.ts',
  },
  {
    page: 'docs/executor.md',
    begins: 'executor.executePlan(plan, { record',
    by: [
      'e2e/tests/executor',
      'another life of the agent takes over the step that runs, and runs no step twice',
    ],
  },
  {
    page: 'docs/security.md',
    begins: 'sandcrew-worker token new worker.token',
    run: {
      before:
        'sandcrew-worker token new first.token\nserve sandcrew-worker --listen 127.0.0.1:$PORT --token-file first.token',
      adapt: [['kill -HUP PID', 'kill -HUP $served']],
      postlude: 'wc -l < worker.token; stat -c %a worker.token; kill -0 $served',
      says: /2\n600\n$/,
    },
  },
  {
    page: 'docs/security.md',
    begins: 'openssl req -x509',
    run: {
      tools: ['npm'],
      before: 'sandcrew-worker token new worker.token',
      adapt: [
        ['worker-1.example', 'localhost'],
        ['0.0.0.0:7433', '127.0.0.1:$PORT'],
        [':7433', ':$PORT'],
        [
          'sandcrew-worker --listen',
          'openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=agent -keyout agent.key -out agent.csr\nprintf extendedKeyUsage=clientAuth > agent.ext\nopenssl x509 -req -in agent.csr -extfile agent.ext -CA ca.pem -CAkey ca.key -out agent.pem\nserve sandcrew-worker --listen',
        ],
      ],
      says: /^npm test$/m,
    },
  },
  {
    page: 'docs/mcp.md',
    begins: 'claude mcp add',
    not: 'npx asks a registry; the same from a checkout is in README.md',
  },
  {
    page: 'docs/mcp.md',
    begins: '(umask 077',
    run: {
      tools: ['claude'],
      adapt: [
        ['sandcrew-mcp --http 127.0.0.1:8733', 'serve sandcrew-mcp --http 127.0.0.1:$PORT'],
        ['http://127.0.0.1:8733', 'http://127.0.0.1:$PORT'],
      ],
      says: /"serverInfo":\{"name":"sandcrew/,
    },
  },
  {
    page: 'docs/conformance.md',
    begins: 'sandcrew-conformance worker',
    by: [CONFORMANCE, 'our worker passes every check of the conformance suite'],
  },
  {
    page: 'packages/conformance/README.md',
    begins: 'npx @sandcrew/conformance worker',
    by: [CONFORMANCE, 'our worker passes every check of the conformance suite'],
  },
  {
    page: 'packages/conformance/README.md',
    begins: 'npx @sandcrew/conformance manager',
    not: 'a manager of the reader’s own',
  },
  {
    page: 'docs/reliability.md',
    begins: '$ npm run test:simulate',
    not: '100 000 seeds take minutes; e2e/simulation/simulation.test runs some',
  },
  {
    page: 'docs/binary.md',
    begins: '$ sandcrew-worker-linux-x64',
    not: 'it wants the binary, which npm run build:binary makes of a Node from elsewhere',
  },
  {
    page: 'docs/operations.md',
    begins: 'sandcrew-worker doctor',
    run: {
      before:
        'mkdir etc && sed "s,/etc/sandcrew,$PWD/etc," "$CHECKOUT/deploy/worker.jsonc" > etc/worker.jsonc',
      adapt: [
        // What it lacks on a machine that is no worker's, its answer says; it has to be an answer.
        ['/etc/sandcrew/worker.jsonc', 'etc/worker.jsonc || [ $? = 1 ]'],
        ['--containment pid-namespace', '--containment pid-namespace || [ $? = 1 ]'],
      ],
      says: /token|containment/,
    },
  },
  {
    page: 'docs/operations.md',
    begins: 'useradd',
    not: 'it changes the host, as root under systemd; e2e/tests/deploy looks at the unit and the file',
  },
  {
    page: 'docs/operations.md',
    begins: 'kubectl',
    not: 'it wants a cluster; e2e/tests/deploy holds the manifest against Kubernetes’ own types',
  },
  {
    page: 'docs/operations.md',
    begins: 'sandcrew-worker token new --name agents >>',
    run: {
      tools: ['systemctl'],
      adapt: [['/etc/sandcrew/tokens', 'tokens']],
      postlude: 'cat tokens',
      says: /^systemctl reload sandcrew-worker\nagents:\S{43,}\n$/,
    },
  },
  { page: 'docs/telemetry.md', begins: 'import { trace }', isFile: 'examples/traced-task.mjs' },
  { page: 'docs/protocol.md', begins: '-> {', frames: true },
  { page: 'packages/protocol/docs/rules.md', begins: '-> {', frames: true },
  {
    page: 'packages/protocol/README.md',
    begins: 'npm install',
    not: 'it asks a registry; scripts/packed-packages.test installs what is packed',
  },
  {
    page: 'packages/protocol/README.md',
    begins: 'import { decodeWorkerMessage',
    run: {
      prelude:
        "import { EventEmitter } from 'node:events';\nconst socket = Object.assign(new EventEmitter(), { send: (frame) => console.log(JSON.parse(frame).command) });\n",
      postlude:
        "socket.emit('message', JSON.stringify({ type: 'task_output', workerId: 'w', timestamp: 1, taskId: 't', stream: 'stdout', output: 'built', offset: 0, bytes: 5 }));",
      says: /^npm test\nbuilt$/,
    },
  },
  {
    page: 'packages/executor/README.md',
    begins: 'import { SandboxExecutor }',
    not: 'it clones from the network, and the agent in it is the reader’s; examples/plan-on-three-workers runs a plan',
  },
  {
    page: 'packages/manager/README.md',
    begins:
      "import { SandboxManager } from '@sandcrew/manager';\n\nconst manager = new SandboxManager(); // or",
    run: {
      // There is nothing in a new workspace that npm could test, and it says so.
      postlude: 'console.log(exitCode > 0, typeof stdout, durationMs >= 0);',
      says: /^true string true\n$/,
    },
  },
  {
    page: 'packages/manager/README.md',
    begins: "import { SandboxManager } from '@sandcrew/manager';\n\nconst manager = new SandboxManager();\n",
    by: ['e2e/tests/recovery', "the example of the library's README works as it stands there"],
  },
  {
    page: 'packages/manager/README.md',
    begins: 'await manager.putFiles',
    run: {
      before: `${PROJECT}\n${NPM_PROJECT}`,
      prelude: OWN_MANAGER,
      postlude: 'await manager.close();\nconsole.log(exitCode);',
      says: /^([1-9]\d*\n)+0\n$/,
    },
  },
  {
    page: 'packages/agent-tools/README.md',
    begins: 'import { SandboxManager }',
    run: {
      tools: ['npm'],
      prelude: 'const { signal } = new AbortController();\n',
      postlude: 'await manager.close();',
      says: /exitCode: 0/,
    },
  },
  {
    page: 'packages/agent-tools/README.md',
    begins: "import { sandcrewTools } from '@sandcrew/agent-tools/ai'",
    not: 'it wants a model; e2e/tests/agent-faces has one that is played',
  },
  {
    page: 'packages/agent-tools/README.md',
    begins: "import { sandcrewTools } from '@sandcrew/agent-tools/openai-agents'",
    not: 'it wants a model; e2e/tests/agent-faces has one that is played',
  },
  {
    page: 'examples/python-worker/README.md',
    begins: 'python3',
    by: [CONFORMANCE, "the worker in Python's standard library passes every check"],
  },
];
