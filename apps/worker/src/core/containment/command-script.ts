/** The few lines by which a shell that was started before its command becomes it. */

export interface ScriptedCommand {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Programs by their paths. */
export interface ScriptTools {
  /** Starts the program that its arguments name: words of a shell. */
  readonly launch: string;
  /** Whether it has to go before every command. Else only where the shell would not take the command's name as it is. */
  readonly launchesAll: boolean;
  readonly env: string;
}

/** Whether a shell passes a variable on as it came. */
export function isPlainVariable(name: string): boolean {
  return PLAIN_NAME.test(name);
}

/** Names that a shell can have, but for those that it keeps for itself or that change how it reads. */
const PLAIN_NAME =
  /^(?!(?:IFS|OPTIND|LINENO|PPID|PS[1-4]|PWD|OLDPWD|_|E?UID|SHELLOPTS|BASH.*)$)[A-Za-z_][A-Za-z0-9_]*$/;

/** Names that every shell's `exec` starts, and `env`: no option, no assignment. */
const PLAIN_PROGRAM = /^[A-Za-z0-9_./][A-Za-z0-9_./+-]*$/;

/**
 * Its stdin is the script; the command's ends are descriptors 5, 6 and 7. Variables are set by the shell, and so stand
 * in no argv; those that it could not set by `env`. What the shell itself would add to them is taken away.
 */
export function writeCommandScript({ argv, cwd, env }: ScriptedCommand, tools: ScriptTools): string {
  const plain = Object.entries(env).filter(([name]) => isPlainVariable(name));
  const others = Object.entries(env).filter(([name]) => !isPlainVariable(name));
  const isPlain = PLAIN_PROGRAM.test(argv[0] ?? '') && !tools.launchesAll;
  const words = [
    // What follows `--` is no option of theirs; and what env starts is the launcher, whose path is no assignment.
    ...(others.length === 0
      ? []
      : [quote(tools.env), '--', ...others.map(([name, value]) => quote(`${name}=${value}`))]),
    ...(isPlain ? [] : [tools.launch, '--']), // a program more is loaded for it
    ...argv.map(quote),
  ];
  return [
    `cd -- ${quote(cwd)} 2>&7 || exit 126`,
    'unset PWD OLDPWD',
    ...plain.map(([name, value]) => `export ${name}=${quote(value)}`),
    `exec ${words.join(' ')} <&5 >&6 2>&7 5<&- 6>&- 7>&-`,
    '',
  ].join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
