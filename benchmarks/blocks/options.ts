/** What the bench can be told on its command line. */
import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** Files and directories of cases; empty = the corpus and our own. */
  readonly cases: readonly string[];
  /** Ids to run; empty = all. */
  readonly only: readonly string[];
  readonly subset: string | null;
  /** Cases at once. */
  readonly jobs: number;
  /** Busy loops beside the bench. */
  readonly load: number;
  /** Where to write each run and the scores. */
  readonly json: string | null;
  /** Say machine and commit, as for docs/benchmarks.md. */
  readonly markdown: boolean;
  /** End with 1 where a goal is missed. */
  readonly check: boolean;
  readonly help: boolean;
}

export const HELP = `Usage: pnpm bench:blocks [OPTIONS]

Runs labelled cases through a real worker over the wire, and scores what it says of them.

  --cases FILE|DIR   cases to run (.jsonl); may be repeated. Default: $SANDCREW_CORPUS/cases.jsonl, or the corpus
                     kept in benchmarks/blocks/corpus; and our own in benchmarks/blocks/cases
  --only ID,ID       of these, the named ones alone
  --subset ci        of these, the fixed subset alone
  --jobs N           cases at once; default 6, of which at most 2 take a whole core
  --load N           N busy loops beside it; default 0
  --json FILE        write every run and all scores to FILE
  --markdown         say machine and commit too, as docs/benchmarks.md does
  --check            end with 1 where a goal is missed
  --help             show this
`;

/** @throws {Error} on an unknown option, or a number that is none. */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: argv.filter((word) => word !== '--'), // pnpm passes its own on
    options: {
      cases: { type: 'string', multiple: true, default: [] },
      only: { type: 'string' },
      subset: { type: 'string' },
      jobs: { type: 'string', default: '6' },
      load: { type: 'string', default: '0' },
      json: { type: 'string' },
      markdown: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    cases: values.cases,
    only: values.only?.split(',') ?? [],
    subset: values.subset ?? null,
    jobs: readCount('jobs', values.jobs, 1),
    load: readCount('load', values.load, 0),
    json: values.json ?? null,
    markdown: values.markdown,
    check: values.check,
    help: values.help,
  };
}

function readCount(name: string, text: string, min: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min)
    throw new Error(`expected --${name} to be a whole number from ${min}, got ${text}`);
  return value;
}
