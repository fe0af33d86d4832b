/** The messages as an AsyncAPI 3 document: a worker as a server of WebSocket, what it receives and what it sends. */
import { readFile } from 'node:fs/promises';
import { MANAGER_MESSAGES, MAX_CHUNK_BYTES, SUBPROTOCOL, WORKER_MESSAGES } from '../dist/index.js';

export async function asyncApi(packageRoot) {
  const { version } = JSON.parse(await readFile(new URL('package.json', packageRoot), 'utf8'));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Sandcrew protocol v1',
      version,
      description:
        'What a worker receives and sends. How both sides behave stands in docs/protocol.md of the repository.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      worker: {
        host: '127.0.0.1:7433',
        protocol: 'ws',
        description: `A worker on this machine; wss elsewhere. Subprotocol ${SUBPROTOCOL}.`,
        security: [{ $ref: '#/components/securitySchemes/token' }],
      },
    },
    channels: {
      connection: {
        address: '/',
        description: 'One connection of a manager to a worker.',
        servers: [{ $ref: '#/servers/worker' }],
        messages: Object.fromEntries(
          [...Object.keys(MANAGER_MESSAGES), ...Object.keys(WORKER_MESSAGES), 'output_frame'].map((type) => [
            type,
            { $ref: `#/components/messages/${type}` },
          ]),
        ),
        bindings: { ws: { method: 'GET', headers: UPGRADE_HEADERS, bindingVersion: '0.1.0' } },
      },
    },
    operations: {
      receive: operation('receive', 'What a manager sends.', Object.keys(MANAGER_MESSAGES)),
      send: operation('send', 'What a worker sends.', [...Object.keys(WORKER_MESSAGES), 'output_frame']),
    },
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'A token of the worker.' } },
      messages: { ...messages(MANAGER_MESSAGES), ...messages(WORKER_MESSAGES), output_frame: OUTPUT_FRAME },
      schemas: { ...schemas(MANAGER_MESSAGES), ...schemas(WORKER_MESSAGES) },
    },
  };
}

const UPGRADE_HEADERS = {
  type: 'object',
  required: ['Authorization'],
  properties: {
    Authorization: { type: 'string', pattern: '^Bearer [^\\s,]+$', description: 'The token, once.' },
    'Sec-WebSocket-Protocol': {
      type: 'string',
      description: `Offers ${SUBPROTOCOL}; none offered means version 1.`,
    },
  },
};

const OUTPUT_FRAME = {
  name: 'output_frame',
  title: 'output_frame',
  summary:
    'One chunk of output as a binary frame, after `hello` with `output` `binary`, in place of `task_output`.',
  description: `u8 kind = 1 | u8 stream (1 stdout, 2 stderr) | u16 length of taskId | u64 offset | taskId | at most ${MAX_CHUNK_BYTES} bytes of output. Big-endian.`,
  contentType: 'application/octet-stream',
  payload: { type: 'string', format: 'binary' },
};

function operation(action, summary, types) {
  return {
    action,
    summary,
    channel: { $ref: '#/channels/connection' },
    messages: types.map((type) => ({ $ref: `#/channels/connection/messages/${type}` })),
  };
}

function messages(table) {
  return Object.fromEntries(
    Object.entries(table).map(([type, { description, answeredBy }]) => [
      type,
      {
        name: type,
        title: type,
        summary: description,
        ...(answeredBy === undefined ? {} : { description: `Answered by ${answeredBy}.` }),
        payload: { $ref: `#/components/schemas/${type}` },
      },
    ]),
  );
}

function schemas(table) {
  return Object.fromEntries(
    Object.entries(table).map(([type, { answeredBy: _, ...schema }]) => [type, schema]),
  );
}
