/**
 * Text frames to messages and back, for both sides. Total: whatever comes in, a decoder answers with a message or a
 * refusal and never throws. It knows the schemas, and nothing of sockets or sessions.
 */
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { compilePicker, type Picker } from './declared-fields.js';
import { type Fault, findFault, mismatch } from './fault.js';
import { isDeeperThan } from './json-depth.js';
import type { Decoded, Refusal } from './refusal.js';
import { isBase64 } from './v1/base64.js';
import { isTaskId } from './v1/fields.js';
import { MANAGER_MESSAGES, type ManagerMessage, WORKER_MESSAGES, type WorkerMessage } from './v1/messages.js';
import { MAX_JSON_DEPTH } from './version.js';

/** Decodes a text frame that a manager sent. */
export function decodeManagerMessage(text: string): Decoded<ManagerMessage> {
  return decode(text, managerCodecs) as Decoded<ManagerMessage>;
}

/** Decodes a text frame that a worker sent. */
export function decodeWorkerMessage(text: string): Decoded<WorkerMessage> {
  return decode(text, workerCodecs) as Decoded<WorkerMessage>;
}

/**
 * Encodes a message for a worker. Only what the schema declares is sent.
 * @throws {TypeError} where the message breaks its schema: naming the field, what was expected and what came.
 */
export function encodeManagerMessage(message: ManagerMessage): string {
  return encode(message, managerCodecs);
}

/**
 * Encodes a message for a manager. Only what the schema declares is sent.
 * @throws {TypeError} where the message breaks its schema: naming the field, what was expected and what came.
 */
export function encodeWorkerMessage(message: WorkerMessage): string {
  return encode(message, workerCodecs);
}

// A codec for each type, looked up by `type`: a compiled union of all types is many times slower (docs/adr/0002).
interface MessageCodec {
  readonly type: string;
  readonly schema: TSchema;
  readonly isValid: (value: unknown) => boolean;
  readonly pickDeclared: Picker;
}
type JsonObject = Readonly<Record<string, unknown>>;

class CodecTable {
  readonly #byType: ReadonlyMap<string, MessageCodec>;
  /** Frames come in rows of one type. A parsed word has no hash yet, and comparing it with one costs less than looking it up. */
  #last: MessageCodec | undefined;

  constructor(schemas: Readonly<Record<string, TSchema>>) {
    const codecs = Object.entries(schemas).map(compileCodec);
    this.#byType = new Map(codecs.map((codec) => [codec.type, codec]));
  }

  get types(): string[] {
    return [...this.#byType.keys()];
  }

  find(type: string): MessageCodec | undefined {
    if (this.#last?.type !== type) this.#last = this.#byType.get(type);
    return this.#last;
  }
}

const managerCodecs = new CodecTable(MANAGER_MESSAGES);
const workerCodecs = new CodecTable(WORKER_MESSAGES);

function compileCodec([type, schema]: readonly [string, TSchema]): MessageCodec {
  const validator = Compile(schema);
  return { type, schema, isValid: (value) => validator.Check(value), pickDeclared: compilePicker(schema) };
}

function decode(text: string, table: CodecTable): Decoded<unknown> {
  if (isDeeperThan(text, MAX_JSON_DEPTH)) {
    return refuse('invalid_json', {
      message: `expected JSON that nests at most ${MAX_JSON_DEPTH} deep, got deeper`,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('invalid_json', { message: `expected JSON, got ${text.length} characters that are none` });
  }
  if (!isJsonObject(value)) return refuse('invalid_message', mismatch('', 'an object', value));
  const { type } = value;
  if (typeof type !== 'string') return refuse('invalid_message', mismatch('/type', 'a string', type), value);
  const codec = table.find(type);
  if (codec === undefined) return refuse('unknown_type', unknownType(table, type), value);
  const fault = faultOf(value, codec);
  if (fault !== null) return refuse('invalid_message', fault, value);
  return { ok: true, message: codec.pickDeclared(value) };
}

function encode(message: ManagerMessage | WorkerMessage, table: CodecTable): string {
  const codec = table.find(message.type);
  if (codec === undefined) throw brokenPromise(message, unknownType(table, message.type));
  const fault = faultOf(message as unknown as JsonObject, codec);
  if (fault !== null) throw brokenPromise(message, fault);
  return JSON.stringify(codec.pickDeclared(message));
}

function brokenPromise({ type }: { type: string }, { path, message }: Fault): TypeError {
  return new TypeError(`cannot encode ${type}${path}: ${message}`);
}

/** The first thing wrong with a message, or null. What a schema cannot say (base64) is judged here too. */
function faultOf(value: JsonObject, { schema, isValid }: MessageCodec): Fault | null {
  if (!isValid(value)) return findFault(schema, value) ?? mismatch('', 'a valid message', value);
  if (value.type === 'send_input' && value.encoding === 'base64' && !isBase64(value.input as string)) {
    return mismatch('/input', 'base64, padded', value.input);
  }
  return null;
}

function unknownType(table: CodecTable, type: string): Fault {
  return mismatch('/type', `one of ${table.types.join(', ')}`, type);
}

function refuse(
  code: Refusal['code'],
  fault: Pick<Refusal, 'message' | 'path'>,
  { taskId }: JsonObject = {},
): Decoded<never> {
  return { ok: false, refusal: { code, ...fault, ...(isTaskId(taskId) ? { taskId } : {}) } };
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
