/** Reads a configuration file: JSON with comments, each value with where it stands. What the values mean is not its business. */
import { readFileSync, statSync } from 'node:fs';
import { evaluate, type MemberNode, parse, type StringNode } from '@humanwhocodes/momoa';

/** One member of the file's object. */
export interface FileEntry {
  readonly name: string;
  readonly value: unknown;
  /** `FILE:LINE:COLUMN`, as editors take it. */
  readonly where: string;
}

/** Room for thousands of options. What is longer is another file, given by mistake. */
const MAX_FILE_BYTES = 1_048_576;

/** The members in their order, or the one fault for which they cannot be read. */
export function readConfigFile(path: string): readonly FileEntry[] | string {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return `--config ${path}: expected a regular file`;
    if (stat.size > MAX_FILE_BYTES)
      return `--config ${path}: expected at most ${MAX_FILE_BYTES} bytes, got ${stat.size}`;
    return readMembers(path, readFileSync(path, 'utf8'));
  } catch (error) {
    return `--config ${path}: ${(error as Error).message}`;
  }
}

function readMembers(path: string, text: string): readonly FileEntry[] | string {
  const { body } = parse(text, { mode: 'jsonc', allowTrailingCommas: true });
  if (body.type !== 'Object')
    return `--config ${path}: expected an object, as {"max-tasks": 4}; got ${body.type.toLowerCase()}`;
  return body.members.map((member: MemberNode) => {
    const { line, column } = member.loc.start;
    return {
      name: (member.name as StringNode).value,
      value: evaluate(member.value),
      where: `${path}:${line}:${column}`,
    };
  });
}
