import { describe, expect, test } from '@jest/globals';
import { type InputPart, TaskInput } from '#src/io/task-input.js';

describe('the input of a task', () => {
  test('that was refused is not sent on the next connection', async () => {
    const input = new TaskInput();
    const written = input.write(new Uint8Array(9));
    const parts: InputPart[] = [];
    input.open((part) => parts.push(part));
    input.accept(4);
    input.restart();
    await expect(written).rejects.toMatchObject({ code: 'INPUT_CLOSED' });
    input.open((part) => parts.push(part));
    expect(parts.map(({ offset, data }) => [offset, data.length])).toEqual([[0, 9]]);
  });
});
