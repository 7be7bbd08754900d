// What `hub fsck` prints: a block of lines for each finding, and how it all came out.
import { countedMessages, type Finding, type FsckReport } from '@penstock/hub/control';
import { formatBytes, formatCount } from '../table/format.js';
import type { Look } from '../table/look.js';
import { bold, dim, green, red, yellow } from '../table/paint.js';
import { cut, printable } from '../table/text.js';

/** A directory that has lost very much is not to be scrolled through; `--json` has all. */
const MOST_SHOWN = 200;

/** The words that lines begin with, and what is between them and their texts. */
const TITLE_LENGTH = 8;

/** `1 finding of damage`, `3 findings of damage` */
export const countedFindings = (count: number): string =>
  `${formatCount(count)} finding${count === 1 ? '' : 's'} of damage`;

/** Renders a report as lines without a line end after the last. */
export function renderFindings(report: FsckReport, { repair }: { readonly repair: boolean }, look: Look): string {
  const { findings, left, quarantined } = report;
  const shown = findings.slice(0, MOST_SHOWN);
  const more = findings.length - shown.length;
  const remains = new Set(left.map(keyOf));
  const { colours } = look;
  const kept = quarantined.files === 0 ? [] : [quarantineLine(quarantined)];
  const isDamaged = (repair ? left : findings).some(({ severity }) => severity === 'damage');
  const mended = repair && findings.length > 0 ? 'all damage is repaired, as far as it can be' : 'no damage was found';
  return [
    ...shown.flatMap((finding) => lines(finding, repair ? !remains.has(keyOf(finding)) : undefined, look)),
    ...(more > 0 ? [`and ${formatCount(more)} more findings; --json has them all`] : []),
    ...kept,
    ...(isDamaged ? [] : [green(colours)(mended)]),
  ].join('\n');
}

function quarantineLine({ files, bytes }: FsckReport['quarantined']): string {
  const [what, is] = files === 1 ? ['file', 'is'] : ['files', 'are'];
  return `${formatCount(files)} ${what}, ${formatBytes(bytes)}, ${is} set aside in quarantine/`;
}

/** @param mended Whether it was repaired; undefined when that was not asked for. */
function lines({ severity, path, bytes, problem, lost, repair }: Finding, mended: boolean | undefined, look: Look) {
  const { colours, width } = look;
  const fit = (line: string) => cut(printable(line), width);
  const at = bytes === undefined ? '' : ` (bytes ${bytes.from} to ${bytes.to})`;
  const paint = severity === 'damage' ? red : yellow;
  const losses = lost.map(({ consumer, entries }) => `${consumer}: ${countedMessages(entries)}`).join(', ');
  return [
    bold(colours)(fit(`${path}${at}`)),
    `  ${paint(colours)(severity.padEnd(TITLE_LENGTH))}${fit(problem)}`,
    ...(losses === '' ? [] : [fit(`  lost    ${losses}`)]),
    ...remedyLine(repair, mended).map((line) => dim(colours)(fit(line))),
  ];
}

function remedyLine(repair: string | undefined, mended: boolean | undefined): string[] {
  if (mended === true) return [`  done    ${repair ?? 'it went with another repair'}`];
  if (mended === false) return repair === undefined ? [] : [`  left    ${repair}: that did not help`];
  return repair === undefined ? [] : [`  repair  ${repair}`];
}

const keyOf = ({ path, bytes, problem }: Finding): string => JSON.stringify([path, bytes, problem]);
