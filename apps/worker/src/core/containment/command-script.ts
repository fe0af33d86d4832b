/** The few lines by which a shell that was started before its command becomes it. */

export interface ScriptedCommand {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Programs by their paths. */
export interface ScriptTools {
  /** Puts the command into a session of its own, with its arguments. */
  readonly setsid: string;
  readonly env: string;
}

/** Whether a shell passes a variable on as it came. */
export function isPlainVariable(name: string): boolean {
  return PLAIN_NAME.test(name);
}

/** Names that a shell can have, but for those that it keeps for itself or that change how it reads. */
const PLAIN_NAME =
  /^(?!(?:IFS|OPTIND|LINENO|PPID|PS[1-4]|PWD|OLDPWD|_|E?UID|SHELLOPTS|BASH.*)$)[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Its stdin is the script; the command's ends are descriptors 5, 6 and 7. Variables are set by the shell, and so stand
 * in no argv; those that it could not set by `env`. What the shell itself would add to them is taken away.
 */
export function writeCommandScript({ argv, cwd, env }: ScriptedCommand, tools: ScriptTools): string {
  const plain = Object.entries(env).filter(([name]) => isPlainVariable(name));
  const others = Object.entries(env).filter(([name]) => !isPlainVariable(name));
  const words = [
    // What follows `--` is no option of theirs; and what env starts is setsid, whose path is no assignment.
    ...(others.length === 0
      ? []
      : [quote(tools.env), '--', ...others.map(([name, value]) => quote(`${name}=${value}`))]),
    ...[tools.setsid, '--'],
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
