/** `get_files`: reads files out of a workspace. */
import { Type } from 'typebox';
import type { ShownFile } from '../core/file-content.js';
import { StagedFiles } from '../io/staged-files.js';
import { WorkspaceName } from '../task-schemas.js';
import { defineTool, LOOKS } from '../tool.js';

const MAX_PATHS = 20;
const MAX_ENTRIES = 1_000;
const DEFAULT_BYTES = 65_536;
const MAX_BYTES = 4_194_304;

const Shown = Type.Object({
  path: Type.String({ description: 'Relative to the workspace.' }),
  text: Type.Optional(Type.String({ description: 'Its content, where it is UTF-8.' })),
  base64: Type.Optional(Type.String({ description: 'Else its content as base64.' })),
  isExecutable: Type.Optional(Type.Boolean()),
  link: Type.Optional(
    Type.String({ description: 'Of a symbolic link: where it leads. It is not followed.' }),
  ),
});

export const getFiles = defineTool({
  name: 'get_files',
  title: 'Get files',
  description:
    'Reads files of a named workspace; of a directory, all that it holds. For a part of a large file, use run with head, tail, sed or grep.',
  annotations: LOOKS,
  input: Type.Object(
    {
      workspace: WorkspaceName,
      paths: Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        maxItems: MAX_PATHS,
        description: 'Files and directories, relative to the workspace.',
      }),
      maxBytes: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: MAX_BYTES,
          description: `Of content in all, bytes; more is refused. Default ${DEFAULT_BYTES}.`,
        }),
      ),
    },
    { additionalProperties: false },
  ),
  output: Type.Object({
    files: Type.Array(Shown),
    bytes: Type.Integer({ description: 'Of their content.' }),
    warnings: Type.Array(Type.String()),
  }),
  async handle({ workspace, paths, maxBytes = DEFAULT_BYTES }, { manager, yieldMs }, { signal }) {
    const files: ShownFile[] = [];
    const warnings: string[] = [];
    let bytes = 0;
    // One by one: what arrives has its last name alone, and two may have the same.
    for (const path of paths) {
      const staged = await StagedFiles.make();
      try {
        const report = await manager.getFiles(workspace, [path], {
          target: staged.directory,
          maxBytes: maxBytes - bytes,
          maxEntries: MAX_ENTRIES,
          idleTimeoutMs: yieldMs,
          ...(signal === undefined ? {} : { signal }),
        });
        bytes += report.bytes;
        warnings.push(...report.warnings);
        const directory = directoryOf(path);
        for (const file of await staged.show()) files.push({ ...file, path: `${directory}${file.path}` });
      } finally {
        await staged.remove();
      }
    }
    return { files, bytes, warnings };
  },
});

/** What stands before the name under which a path arrives: `a/b` is `b`, `a/b/` and `.` are what they hold. */
function directoryOf(path: string): string {
  if (path === '.' || path === './') return '';
  const whole = path.replace(/^(\.\/+)+/, '').replace(/\/\.$/, '/');
  return whole.slice(0, whole.lastIndexOf('/') + 1);
}
