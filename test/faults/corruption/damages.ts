// Random damage to the files of a data directory: what disks, file systems and people do to them.
import type { MemoryFiles } from '../../../packages/hub/src/files/memory-files.js';

/** The bytes of all files below a directory, by their paths. */
export type Disk = ReadonlyMap<string, Uint8Array>;

export const DAMAGES = ['flip', 'truncate', 'zero', 'garbage', 'remove'] as const;
export type DamageHow = (typeof DAMAGES)[number];

export interface DoneDamage {
  readonly how: DamageHow;
  readonly path: string;
  readonly at: number;
}

/** Bytes that are zeroed or overwritten at once, at most: the files are small. */
const RANGE_BYTES = 512;

/** Not written by a hub that runs, or of no meaning for the next one. */
const isDamageable = (path: string): boolean => !/\/(lock|journal\/spare-\d+)$|\/quarantine\//.test(path);

/** All files as they are. */
export function readDisk(files: MemoryFiles, directory: string): Disk {
  const disk = new Map<string, Uint8Array>();
  const walk = (path: string) => {
    for (const name of files.list(path)) {
      const below = `${path}/${name}`;
      const bytes = readOrUndefined(files, below);
      if (bytes === undefined) walk(below);
      else disk.set(below, bytes);
    }
  };
  walk(directory);
  return disk;
}

/** Tells of files of dead letters that are gone; should it go with them, nothing does. */
const isKeptList = (path: string): boolean => path.endsWith('/dead/kept.json');

/** Of a segment, or of an index file that points into it, the position that both have for a name. */
const stretchOf = (path: string): string | undefined => /\/(\d+)\.(?:seg|idx)$/.exec(path)?.[1];

/** Whether what is lost of one file can be told by the other alone: docs/reliability.md says that the loss of both is not detected. */
function vouch(one: string, other: string): boolean {
  if (isKeptList(other) || (isKeptList(one) && other.includes('/dead/'))) return true;
  const stretch = stretchOf(one);
  return one !== other && stretch !== undefined && stretch === stretchOf(other);
}

/**
 * Damages one file, drawn at random.
 *
 * @param random From 0 up to 1.
 * @param before What was damaged before.
 */
export function damageOne(disk: Map<string, Uint8Array>, random: () => number, before?: DoneDamage): DoneDamage {
  const draw = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  // Kinds of files first: there are few of some.
  const paths = [...disk.keys()]
    .filter((path) => isDamageable(path) && (before === undefined || !vouch(before.path, path)))
    .sort();
  const kinds = [...new Set(paths.map(kindOf))];
  const kind = draw(kinds);
  const path = draw(paths.filter((each) => kindOf(each) === kind));
  const how = draw(DAMAGES);
  const bytes = (disk.get(path) as Uint8Array).slice();
  const at = Math.floor(random() * bytes.byteLength);
  const to = Math.min(bytes.byteLength, at + 1 + Math.floor(random() * RANGE_BYTES));
  if (how === 'remove') disk.delete(path);
  else if (how === 'truncate') disk.set(path, bytes.slice(0, at));
  else {
    if (how === 'flip' && bytes.byteLength > 0) bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random() * 8));
    if (how === 'zero') bytes.fill(0, at, to);
    if (how === 'garbage') for (let each = at; each < to; each++) bytes[each] = Math.floor(random() * 256);
    disk.set(path, bytes);
  }
  return { how, path, at };
}

const kindOf = (path: string): string =>
  path.replace(/.*\//, '').replace(/[\d-]+/g, '') + (path.includes('/settled/') ? 'settled' : '');

function readOrUndefined(files: MemoryFiles, path: string): Uint8Array | undefined {
  try {
    const bytes = new Uint8Array(files.size(path));
    const file = files.open(path);
    file.read(bytes, 0);
    file.close();
    return bytes;
  } catch {
    return undefined;
  }
}
