// Where the dead letters of a queue lie, and what the names of their files tell.
import type { Files } from '../files/files.js';

const SEGMENT = /^([a-z]+\d*)-(\d+)(?:-(\d+))?\.seg$/;
const REMOVED = /^removed-(\d+)\.log$/;

/** The folder of dead letters in a queue's. */
export const deadDirectory = (queueDirectory: string): string => `${queueDirectory}/dead`;

/** A file of dead letters. */
export interface DeadFileName {
  readonly name: string;
  /** Whose it is: `t0` for a consumer's first thread, `overflow`. */
  readonly writer: string;
  readonly incarnation: number;
  /** Of the files of one incarnation, which; from 1. */
  readonly part: number;
}

/** @param part The first has no number in its name. */
export const deadFileName = (writer: string, incarnation: number, part: number): string =>
  `${writer}-${incarnation}${part === 1 ? '' : `-${part}`}.seg`;

/** Reads a name; undefined for anything else that lies there. */
export function parseDeadFileName(name: string): DeadFileName | undefined {
  const match = SEGMENT.exec(name);
  if (match === null) return undefined;
  return { name, writer: match[1] as string, incarnation: Number(match[2]), part: Number(match[3] ?? 1) };
}

/** A log of removed letters; each run of the hub that removes any begins one. */
export const removedLogName = (number: number): string => `removed-${number}.log`;

/** Reads a log's name; undefined for anything else that lies there. */
export function parseRemovedLogName(name: string): number | undefined {
  const match = REMOVED.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/** The files of dead letters in a queue's folder, the oldest first. */
export function listDeadFiles(files: Files, queueDirectory: string): DeadFileName[] {
  return files
    .list(deadDirectory(queueDirectory))
    .map(parseDeadFileName)
    .filter((name) => name !== undefined)
    .sort((a, b) => a.incarnation - b.incarnation || a.writer.localeCompare(b.writer) || a.part - b.part);
}
