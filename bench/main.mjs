// pnpm bench: prints figures of the hub, each beside a reference measured in the same run, and their ratio.
// Exit code 0: every delivery came once; 1: one was lost or repeated, or a measurement failed; 2: wrong usage.
// A slow machine is no failure.
import { availableParallelism, cpus } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isFailure, makeReport } from './runner/report.mjs';
import { measureRow } from './runner/row.mjs';
import { isInMemory, makeScratch } from './runner/scratch.mjs';
import { scenarios } from './scenarios/index.mjs';

const USAGE = `Usage: pnpm bench [scenario…] [--quick] [--json] [--pairs N] [--consumers N] [--cpu-prof DIR]

Scenarios (all by default):
${scenarios.map(({ name, title }) => `  ${name.padEnd(14)}${title}`).join('\n')}

  --quick          smaller counts and one pair, three where the first is beyond a bound: checks that all runs and
                   nothing is lost
  --json           one object a line instead of a table
  --pairs N        pairs of figure and reference of which the median is taken (5)
  --consumers N    only rows with this many consumers
  --cpu-prof DIR   write a CPU profile of each thread of each measurement there
  --help           this text

BENCH_DIR names the directory for temporary data; the system's temporary directory by default.
`;

const options = readArguments();
const scratch = makeScratch();
const report = makeReport(options);
const memory = isInMemory(scratch) ? ' · data in memory (tmpfs): set BENCH_DIR to a disk for durable figures' : '';
report.begin(`Node ${process.version} · ${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'cpu'}${memory}`);
for (const scenario of options.chosen) {
  for (const row of scenario.rows) {
    if (options.consumers !== undefined && row.consumers !== options.consumers) continue;
    const name = `${scenario.name} ${row.variant ?? `K=${row.consumers}`}`;
    const result = await measureRow(scenario, row, { ...options, shared: scratch }, (text) =>
      report.progress(`${name}: ${text}`),
    );
    report.row(result);
    if (isFailure(result)) process.exitCode = 1;
  }
}
report.end();

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        pairs: { type: 'string' },
        consumers: { type: 'string' },
        'cpu-prof': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const unknown = positionals.find((name) => !scenarios.some((scenario) => scenario.name === name));
    if (unknown !== undefined) throw new Error(`there is no scenario "${unknown}"`);
    const profiles = values['cpu-prof'];
    const pairs = wholeNumber('pairs', values.pairs);
    return {
      quick: values.quick,
      json: values.json,
      pairs: pairs ?? (values.quick ? 1 : 5),
      mostPairs: pairs ?? (values.quick ? 3 : 5),
      consumers: wholeNumber('consumers', values.consumers),
      execArgv: profiles === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', resolve(profiles)],
      chosen: scenarios.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    };
  } catch (error) {
    process.stderr.write(`bench: ${/** @type {Error} */ (error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

/**
 * @param {string} name
 * @param {string | undefined} text
 */
function wholeNumber(name, text) {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new Error(`--${name} must be a whole number from 1, not "${text}"`);
}
