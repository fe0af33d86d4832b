/**
 * Stands in for a client of MCP on the pages: `mcp add NAME -- COMMAND…` or `mcp add --transport http NAME URL --header H`.
 * It takes the server as it is told to, asks it to initialize, and writes what it answers.
 */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'a page', version: '1' } },
});

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { transport: { type: 'string' }, header: { type: 'string' } },
});
const [, , , ...target] = positionals;
if (values.transport === 'http') {
  const [url = ''] = target;
  const [name = '', value = ''] = values.header?.split(': ') ?? [];
  const accept = 'application/json, text/event-stream';
  const headers = { [name]: value, accept, 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: INITIALIZE });
  process.stdout.write(`${await response.text()}\n`);
} else {
  const [program = '', ...words] = target;
  const server = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  server.stdin.write(`${INITIALIZE}\n`);
  // A server ends with its client's stdin.
  server.stdout.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(text);
    server.stdin.end();
  });
}
