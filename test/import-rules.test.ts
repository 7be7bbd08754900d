// Holds the code to its map: which folder of the hub may import which, what may be loaded inside threads, and
// which package may import which. docs/how-it-works.md and CONTRIBUTING.md explain the order.
import { describe, expect, it } from 'vitest';
import { filesUnder, type Import, importsOf, isShipped, packageOf, read } from './support/source-files.js';

/** From the ground up; a folder imports itself, those before it and the root contracts. */
const FOLDERS = [
  'files',
  'journal',
  'queue',
  'settlement',
  'dead-letters',
  'telemetry',
  'enqueuer',
  'source',
  'thread',
  'integrity',
  'admin',
];

/** Files at the root of the hub that every folder may import. */
const CONTRACTS = [
  'message',
  'consumer',
  'consumer-context',
  'topic',
  'errors',
  'lifecycle',
  'options',
  'outcomes',
  'consumer-settings',
  'config',
  'events',
  'version',
];

/** Files at the root of the hub that put the folders together: they may import any, and no folder imports them. */
const WIRING = [
  'hub',
  'hub-control',
  'hub-environment',
  'hub-emitter',
  'hub-operations',
  'pipeline',
  'hub-queues',
  'queue-admin',
  'queue-backfill',
  'queue-damage',
  'replay',
  'replay-range',
  'dead-letter-admin',
  'consumer-control',
  'consumer-runner',
  'consumer-specs',
  'consumer-warnings',
  'data-directory',
  'backlog-limits',
  'stall-reports',
  'disk-limit',
  'topology',
  'index',
];

/** Our packages that each may import, by the design's package table; whatever is missing here may import none. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  hub: [],
  torture: ['hub', 'zeromq'],
  cli: ['hub', 'torture', 'zeromq', 'nats', 'amqp', 'mqtt', 'redis', 'webhook', 'dashboard'],
  zeromq: ['hub'],
  nats: ['hub'],
  amqp: ['hub'],
  mqtt: ['hub'],
  redis: ['hub'],
  webhook: ['hub'],
  dashboard: [],
  testing: ['hub'],
};

/** Folders of the hub whose code runs inside threads, apart from what supervises it. */
const THREAD_FOLDERS = [
  'enqueuer/writer',
  'enqueuer/backfill',
  'thread/worker',
  'thread/overflow',
  'thread/probe',
  'thread/process/relay',
];

/** Too heavy for every consumer's thread, or of no use there. */
const NOT_IN_THREADS = ['piscina', 'fastify', 'prom-client', 'zod', 'pino'];

const HUB = 'packages/hub/src';
const sources = filesUnder('packages').filter((path) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path));
const shipped = sources.filter(isShipped);
const hub = shipped.filter((path) => path.startsWith(`${HUB}/`));
const imports = new Map<string, Import[]>(sources.map((path) => [path, importsOf(path)]));
const importsIn = (path: string): Import[] => imports.get(path) ?? [];

/** The folder of a hub file, or the name of a root file in parentheses. */
function placeOf(path: string): string {
  const [first = '', ...rest] = path.slice(HUB.length + 1).split('/');
  return rest.length > 0 ? first : `(${first.replace(/\.ts$/, '')})`;
}

/** Every edge, as `a -> b`, of the given files that the check rejects. */
function edges(paths: readonly string[], rejects: (path: string, edge: Import) => boolean): string[] {
  return paths.flatMap((path) =>
    importsIn(path)
      .filter((edge) => rejects(path, edge))
      .map((edge) => `${path} -> ${edge.specifier}`),
  );
}

/** All that is loaded with a file at run time: files by path, packages by name. */
function loadedWith(start: string): Set<string> {
  const seen = new Set<string>([start]);
  const open = [start];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    for (const edge of importsIn(path)) {
      if (!edge.atRunTime || edge.dynamic) continue;
      const target = edge.file ?? packageOf(edge.specifier);
      if (seen.has(target)) continue;
      seen.add(target);
      if (edge.file !== undefined) open.push(edge.file);
    }
  }
  return seen;
}

describe('every import', () => {
  it('is seen by this test, however it is written', () => {
    const text = `
      // import { no } from './comment.js';
import './side-effect.js';
import type { A } from '../a.js';
import {
  b,
  type C,
} from './b.js';
export * from './c.js';
export type * from '@penstock/hub/source';
const later = () => import('./later.js');
export const text = 'not from here';
`;
    expect(importsOf('packages/hub/src/queue/x.ts', text)).toEqual([
      { specifier: './side-effect.js', file: `${HUB}/queue/side-effect.ts`, atRunTime: true, dynamic: false },
      { specifier: '../a.js', file: `${HUB}/a.ts`, atRunTime: false, dynamic: false },
      { specifier: './b.js', file: `${HUB}/queue/b.ts`, atRunTime: true, dynamic: false },
      { specifier: './c.js', file: `${HUB}/queue/c.ts`, atRunTime: true, dynamic: false },
      { specifier: '@penstock/hub/source', file: undefined, atRunTime: false, dynamic: false },
      { specifier: './later.js', file: `${HUB}/queue/later.ts`, atRunTime: true, dynamic: true },
    ]);
  });

  it('by relative path names a file that exists', () => {
    const known = new Set(sources);
    expect(edges(shipped, (_, { file }) => file !== undefined && !known.has(file))).toEqual([]);
  });

  it('is free of cycles, types included', () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      const at = trail.indexOf(path);
      if (at !== -1) cycles.push([...trail.slice(at), path].join(' -> '));
      if (at !== -1 || done.has(path)) return;
      for (const { file } of importsIn(path)) if (file !== undefined) visit(file, [...trail, path]);
      done.add(path);
    };
    for (const path of sources) visit(path, []);
    expect(cycles).toEqual([]);
  });
});

describe('the folders of the hub', () => {
  it('are those of the map', () => {
    const places = new Set(hub.map(placeOf));
    const known = new Set([...FOLDERS, ...[...CONTRACTS, ...WIRING].map((name) => `(${name})`)]);
    expect([...places].filter((place) => !known.has(place))).toEqual([]);
  });

  it('import themselves, those before them and the root contracts', () => {
    const allowed = (from: string): string[] => [
      ...FOLDERS.slice(0, FOLDERS.indexOf(from) + 1),
      ...CONTRACTS.map((name) => `(${name})`),
    ];
    const inFolders = hub.filter((path) => FOLDERS.includes(placeOf(path)));
    expect(
      edges(inFolders, (path, { file }) => file !== undefined && !allowed(placeOf(path)).includes(placeOf(file))),
    ).toEqual([]);
  });

  it('are wired at the root alone: contracts take only types from them', () => {
    const contracts = hub.filter((path) => CONTRACTS.includes(placeOf(path).slice(1, -1)));
    const wires = WIRING.map((name) => `(${name})`);
    expect(
      edges(
        contracts,
        (_, { file, atRunTime }) =>
          file !== undefined &&
          (wires.includes(placeOf(file)) || (atRunTime && !CONTRACTS.includes(placeOf(file).slice(1, -1)))),
      ),
    ).toEqual([]);
  });
});

describe('what runs inside threads', () => {
  const inThreads = hub.filter((path) => THREAD_FOLDERS.some((folder) => path.startsWith(`${HUB}/${folder}/`)));

  it('lies in folders of its own', () => {
    const mains = hub.filter((path) => read(path).includes("from 'node:worker_threads'") && path.endsWith('/main.ts'));
    expect(mains.length).toBeGreaterThan(0);
    expect(mains.filter((path) => !inThreads.includes(path))).toEqual([]);
  });

  it.each(NOT_IN_THREADS)('never loads %s', (name) => {
    expect(inThreads.filter((path) => loadedWith(path).has(name))).toEqual([]);
  });

  it('includes @penstock/hub itself, which consumer modules import', () => {
    const loaded = loadedWith(`${HUB}/index.ts`);
    expect(NOT_IN_THREADS.filter((name) => loaded.has(name))).toEqual([]);
  });
});

describe('the packages', () => {
  const folderOf = (path: string): string => path.split('/')[1] ?? '';

  it('import only the packages of ours that the map allows', () => {
    const allowed = (path: string): string[] => (PACKAGES[folderOf(path)] ?? []).map((folder) => `@penstock/${folder}`);
    const ours = (specifier: string): boolean => specifier.startsWith('@penstock/');
    expect(
      edges(sources, (path, { specifier }) => ours(specifier) && !allowed(path).includes(packageOf(specifier))),
    ).toEqual([]);
  });

  it('do not reach into each other by path', () => {
    expect(
      edges(sources, (path, { file }) => file !== undefined && !file.startsWith(`packages/${folderOf(path)}/`)),
    ).toEqual([]);
  });

  it('name in their package.json all that they import', () => {
    const declared = new Map(
      Object.keys(PACKAGES).map((folder) => {
        const manifest = filesUnder('packages').includes(`packages/${folder}/package.json`)
          ? (JSON.parse(read(`packages/${folder}/package.json`)) as { dependencies?: Record<string, string> })
          : {};
        return [folder, new Set(Object.keys(manifest.dependencies ?? {}))];
      }),
    );
    expect(
      edges(
        shipped,
        (path, { specifier, file }) =>
          file === undefined &&
          !specifier.startsWith('node:') &&
          !declared.get(folderOf(path))?.has(packageOf(specifier)),
      ),
    ).toEqual([]);
  });
});
