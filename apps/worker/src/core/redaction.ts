/** Takes out of a line for the log what looks like a secret. It knows how people write them, and no secret itself. */

const HIDDEN = '[redacted]';
const NAMES =
  'passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?';

/** What comes before a secret is kept (`$1`), so that a reader sees what kind of one stood there. */
const SECRETS: readonly RegExp[] = [
  // Authorization: Bearer xyz, Basic xyz
  /\b((?:bearer|basic)\s+)[^\s"']+/gi,
  // https://user:password@host
  /(:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/g,
  // DB_PASSWORD=xyz, "apiKey": "xyz"
  new RegExp(`((?:${NAMES})["']?\\s*[=:]\\s*["']?)[^\\s"',;&|]+`, 'gi'),
  // --password xyz
  new RegExp(`(--?[\\w-]*(?:${NAMES})\\s+["']?)[^\\s"',;&|]+`, 'gi'),
];

export function redactSecrets(text: string): string {
  return SECRETS.reduce((shown, secret) => shown.replace(secret, `$1${HIDDEN}`), text);
}
