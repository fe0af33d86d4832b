/**
 * Text frames to messages and back, for both sides. Total: whatever comes in, a decoder answers with a message or a
 * refusal and never throws. It knows the schemas, and nothing of sockets or sessions.
 */
import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { isDeeperThan } from './json-depth.js';
import { type Decoded, describeValue, type Refusal } from './refusal.js';
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

// A validator for each type, looked up by `type`: a compiled union of all is eight times slower (docs/adr/0002).
interface MessageCodec {
  readonly schema: TSchema;
  readonly validator: Validator;
}
type CodecTable = ReadonlyMap<string, MessageCodec>;
type JsonObject = Record<string, unknown>;

const managerCodecs = compileTable(MANAGER_MESSAGES);
const workerCodecs = compileTable(WORKER_MESSAGES);

function compileTable(schemas: Readonly<Record<string, TSchema>>): CodecTable {
  return new Map(
    Object.entries(schemas).map(([type, schema]) => [type, { schema, validator: Compile(schema) as unknown as Validator }]),
  );
}

function decode(text: string, table: CodecTable): Decoded<unknown> {
  if (isDeeperThan(text, MAX_JSON_DEPTH)) {
    return refuse('invalid_json', `expected JSON that nests at most ${MAX_JSON_DEPTH} deep, got deeper`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse('invalid_json', `expected one JSON object, got text that is no JSON (${text.length} characters)`);
  }
  if (!isJsonObject(value)) return refuse('invalid_message', `expected a JSON object, got ${describeValue(value)}`, '');
  const type = own(value, 'type');
  if (typeof type !== 'string') {
    return refuse('invalid_message', `expected a string "type", got ${describeValue(type)}`, '/type', value);
  }
  const codec = table.get(type);
  if (codec === undefined) {
    return refuse('unknown_type', `expected one of ${[...table.keys()].join(', ')}; got ${describeValue(type)}`, '/type', value);
  }
  const fault = firstFault(codec, value);
  if (fault !== null) return refuse('invalid_message', fault.message, fault.path, value);
  return { ok: true, message: declaredOnly(codec.schema, value) };
}

function encode(message: ManagerMessage | WorkerMessage, table: CodecTable): string {
  const codec = table.get(message.type);
  if (codec === undefined) throw new TypeError(`this side does not send ${describeValue(message.type)}`);
  const fault = firstFault(codec, message as unknown as JsonObject);
  if (fault !== null) throw new TypeError(`${message.type}${fault.path}: ${fault.message}`);
  return JSON.stringify(declaredOnly(codec.schema, message));
}

function refuse(code: Refusal['code'], message: string, path?: string, value?: JsonObject): Decoded<never> {
  const taskId = value === undefined ? undefined : own(value, 'taskId');
  const refusal: Refusal = {
    code,
    message,
    ...(path === undefined ? {} : { path }),
    ...(isTaskId(taskId) ? { taskId } : {}),
  };
  return { ok: false, refusal };
}

/** The first thing wrong with a message, or null. What a schema cannot say (base64) is judged here too. */
function firstFault(codec: MessageCodec, value: JsonObject): { path: string; message: string } | null {
  if (!codec.validator.Check(value)) {
    const errors = codec.validator.Errors(value);
    // The last error of a union names the whole field; its branches come before it and would mislead.
    const first = errors.find((error) => error.keyword === 'anyOf' && errors[0]?.schemaPath.startsWith(error.schemaPath)) ?? errors[0];
    if (first === undefined) return { path: '', message: 'expected a message of this type' };
    if (first.keyword === 'required') {
      const missing = (first.params as { requiredProperties: string[] }).requiredProperties[0] ?? '';
      return { path: `${first.instancePath}/${escapePointer(missing)}`, message: `expected "${missing}", got nothing` };
    }
    const got = describeValue(valueAt(value, first.instancePath));
    const wanted = expectation(codec.schema, first.schemaPath) ?? first.message;
    return { path: first.instancePath, message: `${wanted}, got ${got}` };
  }
  if (value.type === 'send_input' && value.encoding === 'base64' && !isBase64(value.input as string)) {
    return { path: '/input', message: `expected base64, got ${describeValue(value.input)}` };
  }
  return null;
}

/** For a field that takes one of a few words: which. */
function expectation(root: TSchema, schemaPath: string): string | null {
  const schema = schemaAt(root, schemaPath);
  if (!Array.isArray(schema?.anyOf)) return null;
  const words = schema.anyOf.map((branch: { const?: unknown; type?: unknown }) =>
    branch.const === undefined ? `a valid ${String(branch.type)}` : JSON.stringify(branch.const),
  );
  return `expected one of ${words.join(', ')}`;
}

// biome-ignore lint/suspicious/noExplicitAny: a JSON Schema is walked by name here, whatever it holds
function schemaAt(root: TSchema, schemaPath: string): any {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  let schema: any = root;
  for (const key of pointerKeys(schemaPath.replace(/^#/, ''))) schema = schema?.[key];
  return schema;
}

function valueAt(value: unknown, pointer: string): unknown {
  let found: unknown = value;
  for (const key of pointerKeys(pointer)) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = own(found as JsonObject, key);
  }
  return found;
}

function pointerKeys(pointer: string): string[] {
  return pointer.split('/').slice(1).map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/**
 * The value with what its schema declares and no more: receivers ignore unknown fields, senders do not send them.
 * Maps with keys of the sender's choice (env, labels) come back without a prototype, so that `__proto__` is a key like any other.
 */
function declaredOnly(schema: TSchema, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const shape = schema as { properties?: Record<string, TSchema>; items?: TSchema; additionalProperties?: unknown; anyOf?: TSchema[] };
  if (Array.isArray(value)) return shape.items === undefined ? value : value.map((item) => declaredOnly(shape.items as TSchema, item));
  if (shape.anyOf !== undefined) {
    const branch = shape.anyOf.find((candidate) => (candidate as { type?: unknown }).type === 'object');
    return branch === undefined ? value : declaredOnly(branch, value);
  }
  if (shape.additionalProperties !== undefined) return Object.assign(Object.create(null), ownFields(value as JsonObject));
  const declared: JsonObject = {};
  for (const [key, field] of Object.entries(shape.properties ?? {})) {
    const item = own(value as JsonObject, key);
    if (item !== undefined) declared[key] = declaredOnly(field, item);
  }
  return declared;
}

function ownFields(value: JsonObject): JsonObject {
  const fields: JsonObject = Object.create(null);
  for (const key of Object.keys(value)) fields[key] = value[key];
  return fields;
}

function own(value: JsonObject, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
