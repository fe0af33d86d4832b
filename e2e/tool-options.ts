/** Reads the options of a command of this repository: `--help` is answered, and what is not known is told in a sentence. */
import { type ParseArgsConfig, parseArgs } from 'node:util';

type OptionsOf = NonNullable<ParseArgsConfig['options']>;
type ValuesOf<Options extends OptionsOf> = ReturnType<typeof parseArgs<{ options: Options }>>['values'];

/**
 * The values of `options`, of process.argv. Ends the process with 0 after `--help`, and with 2 where an option is not known.
 * @param usage what `--help` prints.
 */
export function readToolOptions<const Options extends OptionsOf>(
  usage: string,
  options: Options,
): ValuesOf<Options> {
  if (process.argv.includes('--help')) {
    process.stdout.write(`${usage.trim()}\n`);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage.trim()}\n`);
    process.exit(2);
  }
}
