import { describe, expect, test } from '@jest/globals';
import { describeCommand } from '#src/core/audit.js';
import { redactSecrets } from '#src/core/redaction.js';

describe('a line for the log keeps no secret', () => {
  test.each([
    ['curl -H "Authorization: Bearer abc.def"', 'curl -H "Authorization: Bearer [redacted]"'],
    ['git clone https://me:hunter2@host/x', 'git clone https://me:[redacted]@host/x'],
    ['DB_PASSWORD=hunter2 ./run', 'DB_PASSWORD=[redacted] ./run'],
    ['curl -d \'{"apiKey": "hunter2"}\' h', 'curl -d \'{"apiKey": "[redacted]"}\' h'],
    ['mysql --password hunter2 -u me', 'mysql --password [redacted] -u me'],
    ['run --PASSWORD hunter2 --token hunter3', 'run --PASSWORD [redacted] --token [redacted]'],
    ['GITHUB_TOKEN=hunter2; make', 'GITHUB_TOKEN=[redacted]; make'],
  ])('%s', (line, shown) => {
    expect(redactSecrets(line)).toBe(shown);
  });

  test('and loses nothing else', () => {
    const line = 'echo a secret garden && npm test -- --grep token-file https://host/a:b@c';
    expect(redactSecrets(line)).toBe(line);
  });
});

test('a command in the log is cut, also where that is in the middle of a secret', () => {
  expect(describeCommand(['echo', 'TOKEN=hunter2'])).toBe('echo TOKEN=[redacted]');
  const cut = describeCommand(`${'x'.repeat(190)} TOKEN=hunter2hunter2`);
  expect(cut).toHaveLength(201);
  expect(cut).not.toContain('hunter');
  expect(describeCommand(`${'x'.repeat(180)} https://me:hunter2hunter2@host`)).not.toContain('hunter');
  const long = `TOKEN=${'x'.repeat(1_950)} https://me:${'hunter2'.repeat(9)}@host`;
  expect(describeCommand(long)).toBe('TOKEN=[redacted] https://me:…');
  expect(describeCommand('curl http://host:8080')).toBe('curl http://host:8080');
  expect(describeCommand(`TOKEN=${'x'.repeat(1_994)}`)).toBe('TOKEN=[redacted]');
  expect(describeCommand('y'.repeat(200))).toBe('y'.repeat(200));
  expect(describeCommand('y'.repeat(1_000_000))).toBe(`${'y'.repeat(200)}…`);
});
