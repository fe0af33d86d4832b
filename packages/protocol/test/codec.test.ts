import { expect, test } from '@jest/globals';
import { decodeManagerMessage, encodeManagerMessage } from '#src/index.js';

test('x', () => {
  const r = decodeManagerMessage('{"type":"execute_command","taskId":"t","command":"x","env":{"__proto__":"1"},"timestamp":1,"zz":1}');
  expect(r.ok).toBe(true);
  if (r.ok) console.log(encodeManagerMessage(r.message));
  for (const t of ['{"type":"execute_command"}','{"type":"execute_command","taskId":"t","command":4,"timestamp":1}','{"type":"execute_command","taskId":"t","command":"x","blockPolicy":{"default":"foo"},"timestamp":1}', '{"type":"signal_task","taskId":"t","signal":"FOO","timestamp":1}'])
  console.log(JSON.stringify(decodeManagerMessage(t)));
});
