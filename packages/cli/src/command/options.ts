// Options that several commands have, declared once, so that they are called, described and read the same everywhere.
import { InvalidArgumentError, Option } from 'commander';

/** What `configOption()` gives a command. */
export interface ConfigOptions {
  /** Path of the config file, relative to the working directory; undefined to look for one. */
  readonly config?: string;
}

/** What `configOption()` and `dataDirOption()` give a command that asks a running hub. */
export interface RunningHubOptions extends ConfigOptions {
  /** The hub's data directory, relative to the working directory; the config is not read then. */
  readonly dataDir?: string;
}

/** `-c, --config <file>` */
export const configOption = (): Option =>
  new Option('-c, --config <file>', 'config file (default: hub.config.ts, .js, .mjs or .json here)').argParser(
    parsePath,
  );

/** `-d, --data-dir <dir>` */
export const dataDirOption = (): Option =>
  new Option('-d, --data-dir <dir>', "the hub's data directory, instead of reading a config file").argParser(parsePath);

/**
 * An `argParser` for a path. An empty one comes of a shell variable that is not set, and would mean this directory.
 *
 * @throws InvalidArgumentError
 */
export function parsePath(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('The path is empty.');
}

/**
 * `--json`
 *
 * @param description What is printed then.
 */
export const jsonOption = (description: string): Option => new Option('--json', description);

/**
 * An `argParser` for a number within limits.
 *
 * @param what What it counts, for the message: `seconds`.
 * @param limits Least and most, both allowed.
 * @param whole Whether fractions are refused.
 */
export function numberParser(what: string, { min, max }: { min: number; max: number }, whole = false) {
  return (value: string): number => {
    const parsed = value.trim() === '' ? Number.NaN : Number(value);
    if (parsed >= min && parsed <= max && (!whole || Number.isInteger(parsed))) return parsed;
    throw new InvalidArgumentError(`Give a ${whole ? 'whole ' : ''}number of ${what} from ${min} to ${max}.`);
  };
}
