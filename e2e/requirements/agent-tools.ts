/** The tools of an agent, and their faces. */
import type { Requirement } from './requirement.js';

const TOOLS = 'packages/agent-tools/src';
const TOOLS_TEST = 'packages/agent-tools/test';
const MCP = 'apps/mcp/src';
const MCP_TEST = 'apps/mcp/test';
const FACES = 'e2e/tests/agent-faces';
const SERVER = 'e2e/tests/mcp-server';

export const AGENT_TOOLS_REQUIREMENTS: readonly Requirement[] = [
  {
    source: 'Agent tools: run',
    says: 'run answers at the exit, with the exit code.',
    test: [FACES, 'run answers at the exit with the exit code and both streams in their order'],
    mutation: [
      `${TOOLS}/core/wait-verdict.ts`,
      "if (hasEnded) return 'exit';",
      "if (hasEnded) return 'yield';",
    ],
  },
  {
    source: 'Agent tools: run',
    says: 'The same run with the same id starts nothing twice; another with it is refused.',
    test: [FACES, 'the same run again with the same id starts nothing, and another with it is refused'],
    mutation: [
      `${TOOLS}/task-registry.ts`,
      'task.entry.digest === digest',
      "task.entry.digest === digest || digest !== ''",
    ],
  },
  {
    source: 'Agent tools: blocks',
    says: 'A block comes back as structure: reason, confidence, prompt, choices.',
    test: [FACES, 'a prompt comes back as structure, and is answered'],
    mutation: [`${TOOLS}/task-answer.ts`, 'readChoices(asked)', "readChoices('')"],
  },
  {
    source: 'Agent tools: blocks',
    says: 'Only blocks that are wanted end a wait.',
    test: [`${TOOLS_TEST}/core/rules`, 'where a block is suspected'],
    mutation: [`${TOOLS}/core/wait-verdict.ts`, "wanted === 'any' ||", 'wanted.length > 4 ||'],
  },
  {
    source: 'Agent tools: output',
    says: 'A long output is cut to what fits, and says what it leaves out.',
    test: [FACES, 'a long output is cut to what fits, and the rest is read where it is said to be'],
    mutation: [`${TOOLS}/core/output-view.ts`, 'if (total <= maxBytes)', 'if (total <= maxBytes * 1_000)'],
  },
  {
    source: 'Agent tools: output',
    says: 'Bytes that are not here are told as lost.',
    test: [
      `${TOOLS_TEST}/core/output-record`,
      'tells a jump of the offset as lost bytes, and takes no byte twice',
    ],
    mutation: [`${TOOLS}/core/output-record.ts`, '    this.skipTo(offset);\n', ''],
  },
  {
    source: 'Agent tools: output',
    says: 'What is kept of a task is bounded, and what is dropped is said.',
    test: [
      `${TOOLS_TEST}/core/output-record`,
      'keeps the beginning and the end of a long output, and says which bytes it dropped',
    ],
    mutation: [
      `${TOOLS}/core/output-record.ts`,
      'this.#tailCost > this.#bounds.tailBytes',
      'this.#tailCost < 0',
    ],
  },
  {
    source: 'Agent tools: output',
    says: 'Output is never cut inside a code point.',
    test: [`${TOOLS_TEST}/core/output-view`, 'is never cut inside a code point: head'],
    mutation: [`${TOOLS}/core/output-view.ts`, 'return startOfCodePoint(bytes, at);', 'return at;'],
  },
  {
    source: 'Agent tools: wait_for',
    says: 'No pattern can hang the agent.',
    test: [`${TOOLS_TEST}/pattern`, 'of too many instructions is refused and says why'],
    mutation: [
      `${TOOLS}/pattern.ts`,
      'compiled.programSize() > MAX_PROGRAM_SIZE',
      'compiled.programSize() < 0',
    ],
  },
  {
    source: 'Agent tools: errors',
    says: 'A bad argument is named, with what was expected.',
    test: [`${TOOLS_TEST}/bad-arguments`, 'run {"comand":"ls"}'],
    mutation: [
      `${TOOLS}/argument-check.ts`,
      '.filter((name) => isUnknown(error.instancePath, name))',
      '.filter((name) => !isUnknown(error.instancePath, name))',
    ],
  },
  {
    source: 'Agent tools: files',
    says: 'Files are put where commands find them, and got back as they are.',
    test: [FACES, 'files are put where commands find them, and got back as they are'],
    mutation: [`${TOOLS}/io/staged-files.ts`, 'isExecutable ? 0o755 : 0o644', 'isExecutable ? 0o644 : 0o644'],
  },
  {
    source: 'Agent tools: files',
    says: 'No path of a file that is put leads out of its directory.',
    test: [`${TOOLS_TEST}/core/rules`, '["a/../../up"] have 1 faults'],
    mutation: [`${TOOLS}/core/file-content.ts`, "&& name !== '..'", ''],
  },
  {
    source: 'Agent tools: faces',
    says: 'What a tool cannot do is an error with a code over the AI SDK.',
    test: [FACES, 'what a tool cannot do is an error with a code and what to do: wait_for {"taskId":"nope"}'],
    mutation: [
      `${TOOLS}/faces/ai.ts`,
      'if (answer.isError) throw new ToolError(answer.fault);',
      'if (answer.isError) return { fault: new ToolError(answer.fault) };',
    ],
  },
  {
    source: 'Agent tools: faces',
    says: 'What a tool cannot do is an error with a code over the OpenAI Agents SDK.',
    test: [FACES, 'what a tool cannot do is an error with a code and what to do: wait_for {"taskId":"nope"}'],
    mutation: [
      `${TOOLS}/faces/openai-agents.ts`,
      'JSON.stringify({ error: faultOf(error) })',
      'JSON.stringify(faultOf(error))',
    ],
  },
  {
    source: 'MCP: calls',
    says: 'A call that waits tells its progress.',
    test: [
      SERVER,
      'a command that takes longer than a call is waited for call by call, and tells its progress',
    ],
    mutation: [
      `${MCP}/mcp-server.ts`,
      'const onProgress = token === undefined ?',
      'const onProgress = token !== null ?',
    ],
  },
  {
    source: 'MCP: calls',
    says: 'Cancelling a run ends its command, unless it is to be left.',
    test: [
      SERVER,
      'cancelling a run ends its command, unless it is to be left; cancelling a wait ends nothing',
    ],
    mutation: [`${TOOLS}/tools/run.ts`, "given.onCancel !== 'leave'", "given.onCancel === 'leave'"],
  },
  {
    source: 'MCP: calls',
    says: 'A client that goes away cancels nothing.',
    test: [SERVER, 'a session that ends while its call is open cancels nothing'],
    mutation: [
      `${MCP}/mcp-server.ts`,
      'if (!isGone) cancel.abort();',
      'if (!isGone || signal.aborted) cancel.abort();',
    ],
  },
  {
    source: 'MCP: restarts',
    says: 'A command is on record before it is sent, and found again.',
    test: [SERVER, 'after a kill finds what runs, too'],
    mutation: [`${TOOLS}/task-registry.ts`, '      this.#record(task); // before', '      // before'],
  },
  {
    source: 'Agent tools: ledger',
    says: 'What cannot be put on record is not run.',
    test: [`${TOOLS_TEST}/ledger`, 'what cannot be put on record is not run'],
    mutation: [
      `${TOOLS}/task-registry.ts`,
      '      this.#record(task); // before',
      '      this.#recordEnd(task); // before',
    ],
  },
  {
    source: 'MCP: restarts',
    says: 'A worker that cannot be reached does not make a command ended.',
    test: [SERVER, 'with a worker that cannot be reached says so, and does not call the command ended'],
    mutation: [`${TOOLS}/tracked-task.ts`, "(isUnconfirmed && code !== 'UNKNOWN_TASK')", 'false'],
  },
  {
    source: 'MCP: restarts',
    says: 'A state file is used by one server at a time.',
    test: [`${MCP_TEST}/files`, 'is held by one, and free when that one is gone'],
    mutation: [`${MCP}/io/state-lock.ts`, 'if (!(await isHeld(path))) {', 'if (await isHeld(path)) {'],
  },
  {
    source: 'MCP: HTTP',
    says: 'A Host that is not ours is refused, as DNS rebinding shows one.',
    test: [`${MCP_TEST}/core/rules`, 'by a name that was led here'],
    mutation: [`${MCP}/core/http-gate.ts`, '!policy.hosts.includes(request.host.toLowerCase())', 'false'],
  },
  {
    source: 'MCP: HTTP',
    says: 'A page in a browser is refused, unless it is allowed.',
    test: [SERVER, 'a page is let in or not, by {"origin":"https://evil.example"}'],
    mutation: [`${MCP}/core/http-gate.ts`, '!policy.origins.includes(request.origin)', 'false'],
  },
  {
    source: 'MCP: HTTP',
    says: 'Who does not show the token is refused.',
    test: [`${MCP_TEST}/files`, 'fits in the one header, and nowhere else'],
    mutation: [
      `${MCP}/io/bearer-token.ts`,
      'timingSafeEqual(digestOf(token), this.#digest)',
      'timingSafeEqual(this.#digest, this.#digest)',
    ],
  },
  {
    source: 'MCP: HTTP',
    says: 'Sessions are bounded.',
    test: [SERVER, 'sessions are bounded, and one that is ended makes room'],
    mutation: [
      `${MCP}/http-face.ts`,
      'this.#sessions.size + this.#opening < MAX_SESSIONS',
      'this.#opening >= 0',
    ],
  },
  {
    source: 'Agent tools: output',
    says: 'No output keeps the reader of an answer busy: carriage returns alone do not.',
    test: [
      `${TOOLS_TEST}/hostile-output`,
      'carriage returns alone are shown about as quickly as any other output',
    ],
    mutation: [`${TOOLS}/core/plain-text.ts`, '(?<!\\r)', ''],
  },
];
