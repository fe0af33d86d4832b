/** The words of a command line, and what the server is to be by them. */
import { describe, expect, test } from '@jest/globals';
import { managerOptionsFor, readOptions } from '#src/options.js';

const serve = (words: readonly string[]) => {
  const read = readOptions(words, '1.2.3');
  if (read.kind !== 'serve') throw new Error(`expected options, got ${JSON.stringify(read)}`);
  return read.options;
};

describe('options', () => {
  test('none: stdio, and a worker that is started here', () => {
    expect(serve([])).toEqual({
      worker: null,
      workspace: null,
      stateFile: null,
      yieldMs: 45_000,
      connectTimeoutMs: 10_000,
      http: null,
    });
    expect(managerOptionsFor(serve([]), null)).toEqual({ connectTimeoutMs: 10_000, keepOutputBytes: 0 });
  });

  test('of a worker that stays reach the manager', () => {
    const options = serve([
      '--worker',
      'ws://127.0.0.1:7433',
      '--token-file',
      't',
      '--state-file',
      's',
      '--yield',
      '2m',
    ]);
    expect(options).toMatchObject({ stateFile: 's', yieldMs: 120_000 });
    expect(managerOptionsFor(options, 'mcp-1')).toEqual({
      workers: [{ url: 'ws://127.0.0.1:7433', tokenFile: 't' }],
      managerId: 'mcp-1',
      connectTimeoutMs: 10_000,
      keepOutputBytes: 0,
    });
  });

  test('of HTTP', () => {
    const words = ['--http', '[::1]:80', '--http-token-file', 't', '--allow-host', 'a.example', 'b.example'];
    expect(serve(words).http).toEqual({
      host: '::1',
      port: 80,
      tokenFile: 't',
      allowHosts: ['a.example', 'b.example'],
      allowOrigins: [],
    });
  });

  test('--help and --version are told', () => {
    expect(readOptions(['--help'], '1.2.3')).toMatchObject({
      kind: 'told',
      text: expect.stringContaining('--http'),
    });
    expect(readOptions(['--version'], '1.2.3')).toEqual({ kind: 'told', text: '1.2.3\n' });
  });

  test.each<[string[], string[]]>([
    [['--worker', 'ws://h:1'], ['--token-file: expected the file']],
    [['--token-file', 't'], ['--token-file: expected --worker (or SANDCREW_WORKER) beside it, got none.']],
    [['--state-file', 's'], ['--state-file: expected --worker (or SANDCREW_WORKER) beside it, got none']],
    [
      ['--worker', 'ws://h:1', '--token-file', 't', '--workspace', '.'],
      ['--workspace: expected no --worker (or SANDCREW_WORKER)'],
    ],
    [
      ['--http', '0.0.0.0:80', '--http-token-file', 't'],
      ['--http: expected a loopback address, got "0.0.0.0"'],
    ],
    [['--http', 'example.org:80', '--http-token-file', 't'], ['--http: expected a loopback address']],
    [['--http', '127.0.0.1:1'], ['--http-token-file: expected a file of mode 0600']],
    [
      ['--http', '127.0.0.1'],
      ['--http: expected HOST:PORT, got "127.0.0.1"', '--http-token-file: expected'],
    ],
    [['--http', '127.0.0.1:99999', '--http-token-file', 't'], ['--http: expected HOST:PORT']],
    [['--allow-origin', 'https://a.example'], ['--http: expected HOST:PORT beside']],
    [['--yield', 'soon'], ['--yield: expected a duration up to 60m such as 45s, got "soon"']],
    [['--yield', '0s'], ['--yield: expected a duration']],
    [['--yield', '2h'], ['--yield: expected a duration']],
    [['--connect-timeout', '10'], ['--connect-timeout: expected a duration up to 60m such as 45s, got "10"']],
    [['stray'], ['too many arguments. Expected 0 arguments but got 1.']],
    [['--colour'], ["unknown option '--colour'. `sandcrew-mcp --help` lists them."]],
    [['--wrker', 'x'], ["unknown option '--wrker' (Did you mean --worker?)"]],
  ])('that make no sense are refused by name: %j', (words, faults) => {
    const read = readOptions(words, '1.2.3');
    expect(read.kind).toBe('refused');
    const said = read.kind === 'refused' ? read.faults : [];
    expect(said).toHaveLength(faults.length);
    for (const [index, fault] of faults.entries()) expect(said[index]).toContain(fault);
    expect(said.join(' ')).not.toContain('..');
  });
});
