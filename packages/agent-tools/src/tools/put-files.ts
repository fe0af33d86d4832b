/** `put_files`: lays files into a workspace. */
import { Buffer } from 'node:buffer';
import { type Static, Type } from 'typebox';
import { type FileContent, faultsOfPaths } from '../core/file-content.js';
import { StagedFiles } from '../io/staged-files.js';
import { WorkspaceName } from '../task-schemas.js';
import { defineTool } from '../tool.js';
import { toolError } from '../tool-error.js';

const MAX_FILES = 200;
const MAX_TOTAL_BYTES = 4_194_304;
const BASE64 = '^[A-Za-z0-9+/]*={0,2}$';

const Given = Type.Object(
  {
    path: Type.String({ minLength: 1, description: 'Relative to `directory`, with / between names.' }),
    text: Type.Optional(Type.String({ description: 'Its content, as text.' })),
    base64: Type.Optional(Type.String({ pattern: BASE64, description: 'Or its content as base64.' })),
    isExecutable: Type.Optional(Type.Boolean({ description: 'Default false.' })),
  },
  { additionalProperties: false },
);

export const putFiles = defineTool({
  name: 'put_files',
  title: 'Put files',
  description:
    'Writes files into a named workspace, over those that are there; directories are made. Commands find them by `run` with the same workspace.',
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: Type.Object(
    {
      workspace: WorkspaceName,
      directory: Type.Optional(
        Type.String({ description: 'Where to, relative to the workspace. Default: the workspace itself.' }),
      ),
      files: Type.Array(Given, { minItems: 1, maxItems: MAX_FILES, description: 'At most 4 MiB in all.' }),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    files: Type.Integer({ description: 'How many were written.' }),
    bytes: Type.Integer({ description: 'Of their content.' }),
    warnings: Type.Array(Type.String()),
  }),
  async handle({ workspace, directory, files: given }, { manager, yieldMs }, { signal }) {
    const faults = [...faultsOfPaths(given.map(({ path }) => path)), ...faultsOfContent(given)];
    if (faults.length > 0) throw toolError('INVALID_ARGUMENTS', `${faults.join('; ')}.`);
    const files = given.map(contentOf);
    const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
    if (bytes > MAX_TOTAL_BYTES)
      throw toolError('INVALID_ARGUMENTS', `files: expected at most ${MAX_TOTAL_BYTES} bytes, got ${bytes}.`);
    const staged = await StagedFiles.make();
    try {
      await staged.lay(files);
      const { warnings } = await manager.putFiles(workspace, staged.directory, {
        idleTimeoutMs: yieldMs,
        ...(directory === undefined ? {} : { target: directory }),
        ...(signal === undefined ? {} : { signal }),
      });
      return { files: files.length, bytes, warnings: [...warnings] };
    } finally {
      await staged.remove();
    }
  },
});

function faultsOfContent(given: readonly Static<typeof Given>[]): string[] {
  return given.flatMap(({ text, base64 }, index) =>
    (text === undefined) === (base64 === undefined)
      ? [`files[${index}]: expected either text or base64`]
      : [],
  );
}

function contentOf({ path, text, base64 = '', isExecutable = false }: Static<typeof Given>): FileContent {
  const bytes = text === undefined ? Buffer.from(base64, 'base64') : Buffer.from(text);
  return { path, bytes, isExecutable };
}
