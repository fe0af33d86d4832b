/** The one list of the worker's options: what each is called, takes and means. Help, environment and checks come from it. */

export interface OptionRow {
  readonly name: string;
  /** What its value looks like in the help; null for a flag. */
  readonly value: string | null;
  readonly meaning: string;
  readonly isRepeated?: boolean;
  /** Given on the command line alone: it says what to do this once. */
  readonly isOnceOnly?: boolean;
}

export const OPTIONS = [
  {
    name: 'config',
    value: 'FILE',
    meaning: 'read options from this file too: JSON with comments, each under its own name',
  },
  {
    name: 'listen',
    value: 'HOST:PORT|unix:PATH',
    meaning: 'where to listen; default 127.0.0.1:0, a free port',
  },
  {
    name: 'health-listen',
    value: 'HOST:PORT',
    meaning: 'answer /healthz, /readyz and /metrics there, without a token; off by default',
  },
  {
    name: 'token-file',
    value: 'FILE',
    meaning: 'lines of [NAME:]TOKEN, mode 0600; "sandcrew-worker token new FILE" makes one',
  },
  {
    name: 'workspace',
    value: 'DIR',
    meaning: 'where tasks run that name no workspace; default: workspace in the state directory',
  },
  {
    name: 'worker-id',
    value: 'ID',
    meaning: 'what this worker is called; default: the host name and a random part',
  },
  { name: 'type', value: 'TYPE', meaning: 'what kind of worker it is, for requirements; default: general' },
  { name: 'label', value: 'K=V', meaning: 'a label for requirements; may be repeated', isRepeated: true },
  { name: 'max-tasks', value: 'N', meaning: 'tasks at once; default 16' },
  {
    name: 'containment',
    value: 'auto|bubblewrap|pid-namespace|process-group',
    meaning: 'what holds tasks; default bubblewrap on Linux; auto takes the best that works here, and warns',
  },
  {
    name: 'ready-sandboxes',
    value: 'N',
    meaning: 'sandboxes made ahead of their commands, which then start sooner; default 2; 0 for none',
  },
  { name: 'state-dir', value: 'DIR', meaning: "the worker's own files; default ~/.local/state/sandcrew" },
  { name: 'tls-cert', value: 'FILE', meaning: 'certificate (PEM); with --tls-key the worker speaks wss' },
  { name: 'tls-key', value: 'FILE', meaning: 'its private key (PEM)' },
  {
    name: 'tls-client-ca',
    value: 'FILE',
    meaning: 'clients must show a certificate of this authority (PEM)',
  },
  {
    name: 'allow-origin',
    value: 'ORIGIN',
    meaning: 'a browser origin that may connect; none by default; may be repeated',
    isRepeated: true,
  },
  { name: 'heartbeat-interval-ms', value: 'N', meaning: 'default 30000' },
  {
    name: 'block-interval-ms',
    value: 'N',
    meaning: 'how often tasks are looked at, while that costs little; default 500',
  },
  {
    name: 'orphan-timeout-ms',
    value: 'N',
    meaning: 'how long tasks outlive an absent manager; default 600000',
  },
  {
    name: 'keep-ended-ms',
    value: 'N',
    meaning: 'how long an ended task is kept whose manager has not read it; default 86400000',
  },
  {
    name: 'drain-timeout-ms',
    value: 'N',
    meaning: 'how long tasks may end by themselves at SIGTERM; default 60000',
  },
  { name: 'retain-bytes', value: 'N', meaning: 'unread output kept of one task; default 268435456' },
  { name: 'spool-quota-bytes', value: 'N', meaning: 'output of all tasks on disk; default 4294967296' },
  { name: 'network', value: 'host|none', meaning: 'what a task has that asks for neither; default host' },
  {
    name: 'bind-ro',
    value: 'PATH',
    meaning: 'read-only in each task; needs bubblewrap; may be repeated',
    isRepeated: true,
  },
  {
    name: 'bind-rw',
    value: 'PATH',
    meaning: 'writable in each task; needs bubblewrap; may be repeated',
    isRepeated: true,
  },
  {
    name: 'insecure-plaintext',
    value: 'REASON',
    meaning: 'listen beyond loopback without TLS; the reason is logged at each start',
  },
  {
    name: 'until-stdin-closes',
    value: null,
    meaning: 'end all tasks and exit when stdin closes, as an embedded worker does',
  },
  { name: 'log-level', value: 'LEVEL', meaning: 'debug, info, warn, error or silent; default info' },
  {
    name: 'print-config',
    value: null,
    meaning: 'show every option with its value and where that comes from, and exit',
    isOnceOnly: true,
  },
  { name: 'help', value: null, meaning: 'show this and exit', isOnceOnly: true },
  { name: 'version', value: null, meaning: 'show the version and exit', isOnceOnly: true },
] as const satisfies readonly OptionRow[];

export type OptionName = (typeof OPTIONS)[number]['name'];

/** The name of an option's variable in the environment, as in SANDCREW_MAX_TASKS. */
export function variableOf(name: string): string {
  return `SANDCREW_${name.toUpperCase().replaceAll('-', '_')}`;
}

export function helpText(): string {
  const rows: readonly OptionRow[] = OPTIONS;
  const lines = rows.map(
    ({ name, value, meaning }) => `  --${name}${value === null ? '' : ` ${value}`}\n      ${meaning}`,
  );
  return `Usage: sandcrew-worker [OPTIONS]
       sandcrew-worker doctor [--json] [OPTIONS]
       sandcrew-worker token new [--name NAME] [FILE]

Runs commands for Sandcrew managers. When it listens it prints one line of JSON on stdout; logs are JSON on stderr.
SIGTERM drains it; SIGHUP reads the files of tokens and certificates again.

Options, each also as SANDCREW_<NAME> in the environment (comma-separated where it may be repeated) and by its name in the
file of --config. The command line goes before the environment, and the environment before the file.

${lines.join('\n')}
`;
}
