/** Files as a model hands them over and gets them, and which paths they may have. */
export interface FileContent {
  /** Relative, with `/` between its names. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly isExecutable: boolean;
}

/** A file's content, as text where it is UTF-8; or where a link leads. */
export type ShownFile =
  | {
      readonly path: string;
      readonly isExecutable: boolean;
      readonly text?: string;
      readonly base64?: string;
    }
  | { readonly path: string; readonly link: string };

/**
 * Why a set of files cannot be laid into a directory: each path has to lead to a place of its own inside it.
 * @returns sentences with what was expected and came
 */
export function faultsOfPaths(paths: readonly string[]): string[] {
  const faults = paths.flatMap((path, index) => {
    const names = path.split('/');
    const isInside = names.every((name) => name !== '' && name !== '.' && name !== '..');
    const isPlain = !path.includes('\0') && !path.includes('\\');
    return isInside && isPlain
      ? []
      : [`files[${index}].path: expected a relative path without "." and "..", got ${JSON.stringify(path)}`];
  });
  const known = new Set(paths);
  if (known.size < paths.length) faults.push('files: expected each path once, got one twice');
  for (const path of known) {
    const parents = path.split('/').slice(0, -1);
    const taken = parents
      .map((_name, depth) => parents.slice(0, depth + 1).join('/'))
      .find((one) => known.has(one));
    if (taken !== undefined) faults.push(`files: expected "${taken}" to be a file or a directory, got both`);
  }
  return faults;
}
