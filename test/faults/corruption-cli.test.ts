// Damage on disk under the real command: a hub is killed while messages wait, its files are damaged, and the next one starts,
// delivers what can be read, and counts the rest.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HubProject, type StatusJson } from '../support/hub-project.js';

const MESSAGES = 20;

const PROJECT = {
  'hub.config.mjs': `export default {
    http: false,
    consumers: { keeper: { module: './keeper.mjs' }, other: { module: './other.mjs' } },
  };`,
  'other.mjs': "export default class { static topics = ['other']; consume() {} }",
  'keeper.mjs': `
    import { appendFileSync } from 'node:fs';
    export default class {
      static topics = ['kept'];
      consume(message) { appendFileSync('got.txt', message.text() + '\\n'); }
    }`,
};

const bodyOf = (number: number): string => `message ${String(number).padStart(4, '0')}`;

/** Has messages wait in the keeper's queue, in a data directory whose hub was killed. */
async function killedWithBacklog(): Promise<HubProject> {
  const project = new HubProject(PROJECT);
  const hub = await project.run('--only', 'other');
  const publisher = project.hub(['publish', 'kept', '--lines']);
  publisher.process.stdin?.end(`${numbers.map(bodyOf).join('\n')}\n`);
  expect(await publisher.ended).toMatchObject({ code: 0 });
  hub.kill('SIGKILL');
  await hub.ended;
  return project;
}

const numbers = Array.from({ length: MESSAGES }, (_, number) => number);

/** The file in a folder of the project whose name ends so. */
function fileIn(project: HubProject, folder: string, ending: string): string {
  const name = readdirSync(project.path(folder)).find((each) => each.endsWith(ending));
  return project.path(join(folder, name as string));
}

/** Runs the hub until the keeper has settled all; returns what it got, and how many were counted as damaged. */
async function workOff(project: HubProject): Promise<{ got: string[]; damaged: number; lines: readonly string[] }> {
  const hub = await project.run();
  const keeperIn = (status: StatusJson) => status.consumers.find(({ consumer }) => consumer === 'keeper');
  const status = await project.statusWhen((each) => keeperIn(each)?.backlog === 0);
  const damaged = keeperIn(status)?.settledTotal.damaged as number;
  hub.kill('SIGTERM');
  expect(await hub.ended).toMatchObject({ code: 0 });
  const got = existsSync(project.path('got.txt')) ? readFileSync(project.path('got.txt'), 'utf8') : '';
  return { got: got.split('\n').filter((line) => line !== ''), damaged, lines: hub.lines };
}

it('a damaged message is counted, all others are delivered, and its bytes are kept', { timeout: 300_000 }, async () => {
  const project = await killedWithBacklog();
  const segment = fileIn(project, 'data/journal', '.seg');
  const bytes = readFileSync(segment);
  const at = bytes.indexOf(bodyOf(7));
  bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(segment, bytes);
  const { got, damaged, lines } = await workOff(project);
  expect(got).toEqual(numbers.filter((number) => number !== 7).map(bodyOf));
  expect(damaged).toBe(1);
  expect(lines.join('\n')).toMatch(/entries lost, at most: keeper 1 code=DATA_DAMAGED/);
  const kept = readFileSync(fileIn(project, 'data/quarantine', ''));
  expect(kept.includes(bodyOf(7).slice(1))).toBe(true);
});

it('what says what there is can be damaged or gone: nothing is lost with it', { timeout: 300_000 }, async () => {
  const project = await killedWithBacklog();
  const queue = join(
    'data/queues',
    readdirSync(project.path('data/queues')).find((each) => each.endsWith('-keeper')) as string,
  );
  writeFileSync(project.path('data/hub.json'), '{');
  rmSync(project.path(join(queue, 'queue.json')));
  rmSync(fileIn(project, queue, '.idx'));
  const { got, damaged } = await workOff(project);
  expect([got, damaged]).toEqual([numbers.map(bodyOf), 0]);
});

it('a journal that is gone is counted message by message, and the hub takes new ones', {
  timeout: 300_000,
}, async () => {
  const project = await killedWithBacklog();
  rmSync(fileIn(project, 'data/journal', '.seg'));
  const { got, damaged } = await workOff(project);
  expect([got, damaged]).toEqual([[], MESSAGES]);
  const hub = await project.run();
  const publisher = project.hub(['publish', 'kept', bodyOf(99)]);
  expect(await publisher.ended).toMatchObject({ code: 0 });
  hub.kill('SIGTERM');
  await hub.ended;
  expect((await workOff(project)).got).toEqual([bodyOf(99)]);
});
