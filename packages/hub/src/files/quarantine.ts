// Where damaged bytes are kept, so that whoever knows more can still look at them: files that were moved out of the way,
// and copies of damaged ranges. The hub deletes nothing of it. A name says when, what kind of damage, from which file, and
// for a copy from which bytes of it: `20260131T120000000Z.journal.journal+0000000000000000.seg@4096-4608`.
import { DAMAGE_KINDS, type DamageKind } from './damage.js';
import { type File, type Files, isDiskFull, isMissing } from './files.js';

/** So much is copied in all; what is damaged beyond it stays where it is, or its file is kept as a whole. */
const MOST_COPIES = 1_000;
const MOST_COPIED_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 1 << 20;

const NAME = /^\d{8}T\d{9}Z\.([a-z-]+)\.(.+?)(?:@(\d+)-(\d+))?(?:~\d+)?$/;

/** What the name of a copy ends with while it is written. */
const BEGUN = '.tmp';

/** Something that was set aside. */
export interface QuarantinedFile {
  readonly name: string;
  readonly kind: string;
  /** Path of the file that it comes from, below the data directory. */
  readonly source: string;
  /** The bytes of it that were copied; undefined for a file that was moved as a whole. */
  readonly range: { readonly from: number; readonly to: number } | undefined;
}

/** The folder in a data directory. */
export const quarantineDirectory = (dataDirectory: string): string => `${dataDirectory}/quarantine`;

export class Quarantine {
  readonly #files: Files;
  readonly #dataDirectory: string;
  readonly #nowMs: () => number;
  /** Copies that there are, as far as this one knows: with many damaged records the folder is not read for each. */
  #copies: QuarantinedFile[] | undefined;

  /** @param nowMs The wall clock. */
  constructor(files: Files, dataDirectory: string, nowMs: () => number = Date.now) {
    this.#files = files;
    this.#dataDirectory = dataDirectory;
    this.#nowMs = nowMs;
  }

  /**
   * Moves a file out of the way, durably.
   *
   * @param path In the data directory.
   * @returns Where it is now; undefined when there is none.
   */
  moveAside(kind: DamageKind, path: string): string | undefined {
    const to = this.#newPath(kind, this.#sourceOf(path), undefined);
    try {
      this.#files.rename(path, to);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    this.#files.syncDirectory(quarantineDirectory(this.#dataDirectory));
    this.#files.syncDirectory(path.slice(0, path.lastIndexOf('/')));
    return to;
  }

  /**
   * Keeps a copy of a damaged range of a file that goes on being used. Once: what an earlier copy covers is not copied
   * again.
   *
   * @param file Of which the bytes from `from` up to `to` are kept, as far as there are so many.
   * @returns Where the copy is; undefined when so much has been copied that no more is, the disk is full, or there are no
   *   such bytes.
   */
  keepCopy(kind: DamageKind, path: string, file: File, from: number, to: number): string | undefined {
    const source = this.#sourceOf(path);
    const end = Math.min(to, file.size());
    if (end <= from) return undefined;
    this.#copies ??= this.list().filter(({ range }) => range !== undefined);
    const copies = this.#copies;
    const known = copies.find((copy) => copy.source === source && covers(copy, from, end));
    if (known !== undefined) return `${quarantineDirectory(this.#dataDirectory)}/${known.name}`;
    const copied = copies.reduce((sum, { range }) => sum + (range === undefined ? 0 : range.to - range.from), 0);
    if (copies.length >= MOST_COPIES || copied + end - from > MOST_COPIED_BYTES) return undefined;
    let kept: string;
    try {
      kept = this.#newPath(kind, source, { from, to: end });
      this.#copy(kept, file, from, end);
    } catch (error) {
      if (isDiskFull(error)) return undefined;
      throw error;
    }
    this.#copies.push({ name: kept.slice(kept.lastIndexOf('/') + 1), kind, source, range: { from, to: end } });
    return kept;
  }

  /**
   * Keeps a whole file whose name another one is about to get, by a second name: that takes no room, where a copy of what
   * goes with it could not be made. From then on, the file is not to be written to.
   *
   * @returns Where it is kept.
   * @throws what the disk refuses it with.
   */
  keepWhole(kind: DamageKind, path: string): string {
    const to = this.#newPath(kind, this.#sourceOf(path), undefined);
    try {
      this.#files.link(path, to);
    } catch (error) {
      if (isDiskFull(error)) throw error;
      // Not every file system has second names. However large it is: what has no copy would be deleted.
      const file = this.#files.open(path);
      try {
        this.#copy(to, file, 0, file.size());
      } finally {
        file.close();
      }
    }
    this.#files.syncDirectory(quarantineDirectory(this.#dataDirectory));
    return to;
  }

  /** Whole or not at all: what is cut off as it is written would pass for a copy at the next start. */
  #copy(path: string, file: File, from: number, end: number): void {
    const begun = `${path}${BEGUN}`;
    this.#files.remove(begun);
    const copy = this.#files.create(begun);
    try {
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - from));
      for (let at = from; at < end; ) {
        const got = file.read(chunk.subarray(0, Math.min(chunk.byteLength, end - at)), at);
        if (got === 0) break;
        copy.append(chunk.subarray(0, got));
        at += got;
      }
      copy.sync();
    } catch (error) {
      // Each try would leave one, and take the room that a start needs.
      this.#files.remove(begun);
      throw error;
    } finally {
      copy.close();
    }
    this.#files.rename(begun, path);
    this.#files.syncDirectory(quarantineDirectory(this.#dataDirectory));
  }

  /** All that is kept. */
  list(): QuarantinedFile[] {
    return this.#files
      .list(quarantineDirectory(this.#dataDirectory))
      .map(parseName)
      .filter((file) => file !== undefined);
  }

  /** How many files there are of each kind of damage; undefined when there are none. */
  count(): Partial<Record<DamageKind, number>> | undefined {
    const kinds = this.list().map(({ kind }) => kind as DamageKind);
    if (kinds.length === 0) return undefined;
    return Object.fromEntries(DAMAGE_KINDS.map((kind) => [kind, kinds.filter((each) => each === kind).length]));
  }

  #sourceOf(path: string): string {
    const inside = path.startsWith(`${this.#dataDirectory}/`) ? path.slice(this.#dataDirectory.length + 1) : path;
    return inside.replaceAll('/', '+');
  }

  #newPath(kind: DamageKind, source: string, range: QuarantinedFile['range']): string {
    const directory = quarantineDirectory(this.#dataDirectory);
    this.#files.makeDirectory(directory);
    const time = new Date(this.#nowMs()).toISOString().replaceAll(/[-:.]/g, '');
    const name = `${time}.${kind}.${source}${range === undefined ? '' : `@${range.from}-${range.to}`}`;
    const names = new Set(this.#files.list(directory));
    let free = name;
    for (let number = 2; names.has(free); number++) free = `${name}~${number}`;
    return `${directory}/${free}`;
  }
}

/** What a name in the quarantine tells; undefined for what was not put there by a hub. */
export function parseName(name: string): QuarantinedFile | undefined {
  const match = NAME.exec(name);
  if (match === null || name.endsWith(BEGUN)) return undefined;
  const [, kind, source, from, to] = match;
  const range = from === undefined ? undefined : { from: Number(from), to: Number(to) };
  return { name, kind: kind as string, source: source as string, range };
}

const covers = ({ range }: QuarantinedFile, from: number, to: number): boolean =>
  range !== undefined && range.from <= from && range.to >= to;
