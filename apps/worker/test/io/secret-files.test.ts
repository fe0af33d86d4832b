/** Secrets behind links that move while they are read. */
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TokenRegister } from '#src/io/auth.js';
import { readSecrets } from '#src/secret-files.js';

const TOKEN = { before: 'b'.repeat(43), after: 'a'.repeat(43) };

let directory: string;
let tokenFile: string;
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'sandcrew-secrets-')));
  tokenFile = join(directory, 'token');
  for (const [name, token] of Object.entries(TOKEN)) {
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, 'token'), `${token}\n`, { mode: 0o600 });
  }
  symlinkSync('before/token', tokenFile);
});
afterEach(() => rmSync(directory, { recursive: true }));

/** As certbot and the kubelet do: at once, so that there always is one. */
function rotate(): void {
  symlinkSync('after/token', `${tokenFile}.new`);
  renameSync(`${tokenFile}.new`, tokenFile);
}

test('a place to which a link is led while it is read is looked at before what was read there counts', () => {
  const seen: string[] = [];
  const lookAgain = () => {
    seen.push(realpathSync(tokenFile));
    if (seen.length === 1) rotate();
    return null;
  };
  const { tokens } = readSecrets({ tokenFile, tls: null }, { lookAgain });
  expect(tokens instanceof TokenRegister && tokens.nameOf(TOKEN.after)).toBe('default');
  expect(seen).toEqual([join(directory, 'before', 'token'), join(directory, 'after', 'token')]);
});

test('what was read is not taken where the link then leads to where tasks could change it', () => {
  const looks = [null, 'tasks write there'];
  const { tokens } = readSecrets({ tokenFile, tls: null }, { lookAgain: () => looks.shift() ?? null });
  expect(tokens).toEqual(['tasks write there']);
});
