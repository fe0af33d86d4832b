/** What holds for a decoder's answer to anything at all. Throws where it does not. */
import {
  type Decoded,
  decodeManagerMessage,
  decodeOutputFrame,
  decodeWorkerMessage,
  encodeManagerMessage,
  encodeOutputFrame,
  encodeWorkerMessage,
  type ManagerMessage,
  type Refusal,
  type WorkerMessage,
} from '@sandcrew/protocol';

/** A decoder under test: of what a manager sends, of what a worker sends, of chunks of output. */
export type Target = 'manager' | 'worker' | 'binary';
export const TARGETS: readonly Target[] = ['manager', 'worker', 'binary'];

const MALFORMED = ['invalid_json', 'invalid_message', 'unknown_type'];

/** Whether it was taken. What is taken encodes to what decodes to the same; what is refused is refused in few words. */
export function checkAnswer(target: Target, input: Uint8Array): boolean {
  return target === 'binary' ? checkBinary(input) : checkText(target, Buffer.from(input).toString('utf8'));
}

export function checkText(target: 'manager' | 'worker', text: string): boolean {
  const decoded: Decoded<ManagerMessage | WorkerMessage> =
    target === 'manager' ? decodeManagerMessage(text) : decodeWorkerMessage(text);
  if (!decoded.ok) return checkRefusal(decoded.refusal);
  const again =
    target === 'manager'
      ? decodeManagerMessage(encodeManagerMessage(decoded.message as ManagerMessage))
      : decodeWorkerMessage(encodeWorkerMessage(decoded.message as WorkerMessage));
  if (!again.ok || JSON.stringify(again.message) !== JSON.stringify(decoded.message))
    throw new Error('a message that was taken is another one after it was encoded');
  return true;
}

function checkBinary(frame: Uint8Array): boolean {
  const decoded = decodeOutputFrame(frame);
  if (!decoded.ok) return checkRefusal(decoded.refusal);
  if (Buffer.compare(encodeOutputFrame(decoded.message), frame) !== 0)
    throw new Error('a chunk that was taken encodes to other bytes');
  return true;
}

/** A refusal is itself a message that can be sent. */
function checkRefusal(refusal: Refusal): false {
  const { code, message, path = '', taskId = 'x' } = refusal;
  if (!MALFORMED.includes(code)) throw new Error(`refused as ${code}`);
  if (message.length > 500 || path.length > 300 || taskId.length > 128)
    throw new Error(`refused in ${message.length} characters at a path of ${path.length}`);
  encodeWorkerMessage({ type: 'protocol_error', ...refusal, workerId: 'w', timestamp: 1 });
  return false;
}
