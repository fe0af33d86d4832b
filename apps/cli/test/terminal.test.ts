import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type IPty, spawn } from '@lydell/node-pty';
import { MAIN } from './sandcrew.js';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandcrew-cli-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A shell line on a terminal of our own, and what is on its screen. */
class Screen {
  readonly terminal: IPty;
  readonly ended: Promise<number>;
  #text = '';
  #onText = () => {};

  constructor(line: string) {
    const env = { ...process.env, SANDCREW: `${process.execPath} ${MAIN}` };
    this.terminal = spawn('sh', ['-c', line], { cols: 91, rows: 33, cwd: directory, env });
    this.ended = new Promise((resolve) => this.terminal.onExit(({ exitCode }) => resolve(exitCode)));
    this.terminal.onData((text) => {
      this.#text += text;
      this.#onText();
    });
  }

  async shows(text: string | RegExp): Promise<string> {
    const isShown = () => (typeof text === 'string' ? this.#text.includes(text) : text.test(this.#text));
    while (!isShown()) {
      await new Promise<void>((resolve) => {
        this.#onText = resolve;
      });
    }
    return this.#text;
  }
}

test('a task on a terminal has the size of ours, its keys, and follows when it changes', async () => {
  const command =
    'stty size; until [ "$(stty size)" = "20 70" ]; do sleep 0.05; done; printf "name? "; read -r name; echo "hi $name"; exit 6';
  const screen = new Screen(`$SANDCREW run --pty -- '${command}'; echo "exit $?"`);
  await screen.shows('33 91');
  screen.terminal.resize(70, 20);
  await screen.shows('name? ');
  screen.terminal.write('Ada\r');
  await screen.shows('hi Ada');
  await screen.shows('exit 6');
});

test('Ctrl-C on a task’s terminal is a key for the task, and ours is as before when it ends', async () => {
  const screen = new Screen('$SANDCREW run --pty -- "echo ready; exec cat"; echo "exit $?"; stty -a');
  await screen.shows('ready');
  screen.terminal.write('\x03');
  await screen.shows('exit 130');
  const shown = await screen.shows(/iexten|noflsh/);
  expect(shown).toMatch(/[^-]icanon/);
  expect(shown).toMatch(/[^-]echo /);
});

test('Ctrl-C ends a task that has no terminal, and nothing but sandcrew hears it', async () => {
  const screen = new Screen(
    'trap : INT; $SANDCREW run -- "trap \'echo ended; exit 1\' TERM; echo ready; while :; do sleep 0.1; done"; echo "exit $?"',
  );
  await screen.shows('ready');
  screen.terminal.write('\x03');
  const shown = await screen.shows('exit 130');
  expect(shown).toContain('ended');
  expect(shown).toContain('Ending the command on SIGINT');
});

test('what a task’s terminal writes reaches ours byte for byte, newlines as the task has set them', async () => {
  const command = 'printf "one\\ntwo\\n"; stty -opost; printf "three\\nfour\\n"';
  const screen = new Screen(`$SANDCREW run --pty -- '${command}'; echo "exit $?"`);
  expect(await screen.shows('exit 0')).toBe('one\r\ntwo\r\nthree\nfour\nexit 0\r\n');
});

test('with --stdin on a terminal the prompt is seen, the block is told below it, and the line that is typed answers it', async () => {
  const command = 'printf "Proceed? [y/N] "; read -r answer; echo "got $answer"';
  const screen = new Screen(`$SANDCREW run --stdin -- '${command}'; echo "exit $?"`);
  await screen.shows(
    /^Proceed\? \[y\/N\] \r\n.*sandcrew: (perhaps )?blocked: waiting for input: "Proceed\? \[y\/N\]" \(bash, pid \d+\); type the answer, or end its input with Ctrl-D/,
  );
  screen.terminal.write('yes\r');
  await screen.shows('got yes');
  await screen.shows('exit 0');
});

test('what only looks blocked is told on a terminal', async () => {
  const screen = new Screen(
    `trap : INT; $SANDCREW run -- "sh -c 'kill -STOP \\$\\$' & sleep 1000"; echo "exit $?"`,
  );
  await screen.shows(/sandcrew: perhaps blocked: stopped: sh \(pid \d+\) is stopped by SIGSTOP; /);
  screen.terminal.write('\x03');
  await screen.shows('exit 130');
});

test('what holds a command is told on a terminal, before its output', async () => {
  const screen = new Screen('$SANDCREW run -- "echo out"; echo "exit $?"');
  const shown = await screen.shows('exit 0');
  expect(shown).toMatch(
    /^\S*sandcrew: Contained by (bubblewrap|pid-namespace|process-group)[,:] [^\n]+\r\nout\r\n/,
  );
});

test('on a terminal where the command’s input is typed, what holds it is told only where that is asked for', async () => {
  const asked = new Screen('$SANDCREW run --verbose --pty -- "echo out"; echo "exit $?"');
  expect(await asked.shows('exit 0')).toMatch(/sandcrew: Contained by .+\r\n/);
  const silent = new Screen('$SANDCREW run --pty -- "echo out"; echo "exit $?"');
  expect(await silent.shows('exit 0\r\n')).toBe('out\r\nexit 0\r\n');
});
