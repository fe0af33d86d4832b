/** Judges the URL of a worker that stays. What may be secret in a faulty one is not told again. */

const WORKER_URL = /^(wss?:\/\/[^/]|ws\+unix:\/)/;

/** Every fault, each a sentence. */
export function faultsOfWorkerUrl(text: string): string[] {
  const shown = text.replace(/\/\/.*@/s, '//…@').replace(/\?.*/s, '?…');
  const expected = (what: string) => `--worker: expected ${what}, got "${shown}".`;
  if (!WORKER_URL.test(text) || !URL.canParse(text)) {
    return [expected('ws://HOST:PORT, wss://HOST:PORT or ws+unix:/PATH:/')];
  }
  const { username, password, search, hash } = new URL(text);
  const faults: string[] = [];
  if (username !== '' || password !== '') {
    faults.push(expected('no user and password in the URL (the token stands in --token-file)'));
  }
  if (search !== '') faults.push(expected('no query in the URL (the token stands in --token-file)'));
  if (hash !== '') faults.push(expected('no fragment in the URL'));
  return faults;
}
