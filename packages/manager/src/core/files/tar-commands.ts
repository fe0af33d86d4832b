/** The commands by which a worker's own `tar` takes and gives files, inside the containment; and what their ends say. */
import { tarExclusions } from './exclusion.js';

/**
 * Output ahead of its reader: a worker never stops a command whose reader is slow, and past what it retains the oldest bytes
 * go. So `tar` stops by itself after each so many bytes, until it is given another line of input.
 */
export const CREDIT_BYTES = 4_194_304;
/** Lines that are given before the first byte has come. */
export const CREDITS_AHEAD = 4;

const RECORD_BYTES = 65_536;

/**
 * Unpacks beside the place and links everything into it only when all has come: no file is ever half there. `$1` is the
 * directory. The names of the archive were judged before it was sent.
 */
const PUT_SCRIPT = `
export LC_ALL=C
root=$(pwd -P) || exit 3
mkdir -p -- "$1" && cd -- "$1" || exit 3
case "$(pwd -P)/" in "\${root%/}"/*) ;; *) echo "$1 leads out of the workspace" >&2; exit 3 ;; esac
staging=$(mktemp -d ./.sandcrew-put-XXXXXX) || exit 3
drop() { find "$staging" -type d -exec chmod u+rwx {} + ; rm -rf "$staging"; }
trap drop EXIT
trap 'exit 143' HUP INT TERM
mkdir "$staging/files" || exit 3
tar -x -p -o -f - -C "$staging/files" || exit 4
how=-af
: > "$staging/one" && ln "$staging/one" "$staging/two" 2>/dev/null && how=-alf
find "$staging/files" -mindepth 1 -maxdepth 1 -exec sh -c 'how=$1; shift; exec cp "$how" -- "$@" .' sh $how {} + || exit 5
`;

/** `$1` pairs of a directory and a name in it, then `$2` options that GNU tar alone knows. */
const GET_SCRIPT = `
export LC_ALL=C
root=$(pwd -P) || exit 3
root=\${root%/} pairs=$1 options=$2
shift 2
while [ "$pairs" -gt 0 ]; do
  set -- "$@" -C "$root/$1" "$2"
  shift 2
  pairs=$((pairs - 1))
done
case "$(tar --version 2>/dev/null)" in
*"GNU tar"*) ;;
*)
  shift "$options"
  exec tar -c -f - "$@" ;;
esac
exec tar -c -f - "$@"
`;

export function putCommand(directory: string): string[] {
  return ['sh', '-c', PUT_SCRIPT, 'sandcrew-put', `./${directory}`];
}

/** What is wanted of a workspace: a name in a directory, or all that the directory holds. */
export interface WantedPath {
  /** Relative to the workspace; empty for the workspace itself. */
  readonly directory: string;
  /** Null: all of it. */
  readonly name: string | null;
}

export function getCommand(paths: readonly WantedPath[], exclude: readonly string[]): string[] {
  const options = [
    '--no-unquote', // else a path's `\\056\\056` would be `..` to tar, which it was not when it was judged
    '--format=posix', // names of any length, and times to the nanosecond
    '--pax-option=delete=atime,delete=ctime',
    `--blocking-factor=${RECORD_BYTES / 512}`,
    `--checkpoint=${CREDIT_BYTES / RECORD_BYTES}`,
    `--checkpoint-action=exec=sh -c 'read -r line'`,
    ...tarExclusions(exclude),
  ];
  const pairs = paths.flatMap(({ directory, name }) => [directory, name === null ? '.' : `./${name}`]);
  return [
    'sh',
    '-c',
    GET_SCRIPT,
    'sandcrew-get',
    String(paths.length),
    String(options.length),
    ...pairs,
    ...options,
  ];
}

/** What GNU tar says when a file changed under its hands, or is none that can be sent. The rest is there. */
const HARMLESS =
  /: (file changed as we read it|file removed before we read it|file shrank by \d+ bytes; padding with zeros|socket ignored|door ignored|directory is on a different filesystem.*|time ?stamp .* in the future|implausibly old time ?stamp .*|ignoring unknown extended header keyword .*)$/i;

export type TarVerdict =
  | { readonly ok: true; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly why: string };

/** What the end of the command means. @param stderr All that it said there. */
export function judgeTarEnd(exitCode: number | null, signal: string | null, stderr: string): TarVerdict {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const isHarmless = lines.every((line) => HARMLESS.test(line));
  if (exitCode === 0 || (exitCode === 1 && lines.length > 0 && isHarmless))
    return { ok: true, warnings: lines };
  const how = signal === null ? `exit code ${exitCode}` : `ended by ${signal}`;
  const said = lines.slice(0, MAX_SHOWN_LINES).join('; ');
  return { ok: false, why: said === '' ? how : `${how}: ${said}` };
}

const MAX_SHOWN_LINES = 5;
