// `hub pause` and `hub resume`: no delivery begins in between, whatever happens to the hub meanwhile.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Child } from './support/child.js';
import { readTexts } from './support/deliveries.js';
import { Gate } from './support/gate.js';
import { HubProject, type StatusJson } from './support/hub-project.js';
import { Scrape } from './support/scrape.js';
import { tempDir } from './support/temp-dir.js';
import { allSettled, consumerOf, fixture, numbers, publishNumbers, startHub } from './support/test-hub.js';
import { until } from './support/until.js';

/** A project with two consumers, `badges` with two threads, that write down what they get. */
function recordingProject(): HubProject {
  const module = fixture('record');
  const consumers = {
    badges: { module, threads: 2, topics: ['test.>'], options: { log: './badges' } },
    other: { module, topics: ['test.>', 'other'], options: { log: './other' } },
  };
  return new HubProject({ 'hub.config.json': JSON.stringify({ http: { port: 0 }, consumers }) });
}

/** What a command said, once it has ended well. */
async function said(child: Child): Promise<string> {
  expect(await child.ended, child.output).toEqual({ code: 0, signal: null });
  return child.output;
}

const publish = async (project: HubProject, topic: string, body: string) => said(project.hub(['publish', topic, body]));

const of = ({ consumers }: StatusJson, name: string) => consumers.find(({ consumer }) => consumer === name);

describe('a paused consumer', () => {
  it('stays paused through kill -9 and a stop, with a green /readyz, and then gets what has come', async () => {
    const project = recordingProject();
    let hub = await project.run();
    expect(await said(project.hub(['pause', 'badges', '--reason', 'the database moves']))).toBe(
      'badges is paused (the database moves), with 0 messages in its queue',
    );
    await hub.line(/info .*consumer "badges" is paused \(the database moves\)/);
    await publish(project, 'test.a', 'one');
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      hub.kill(signal);
      await hub.ended;
      expect(await said(project.hub(['queue', 'ls']))).toMatch(/^badges +1 +paused +1 /m);
      hub = await project.run();
      await hub.line(
        /warn .*"badges" is paused since .* \(the database moves\): 1 message in its queue; "hub resume badges"/,
      );
    }
    await publish(project, 'test.a', 'two');
    const status = await project.statusWhen((now) => of(now, 'other')?.backlog === 0);
    expect(of(status, 'badges')).toMatchObject({
      state: 'paused',
      paused: { reason: 'the database moves' },
      backlog: 2,
      inFlight: 0,
    });
    expect(status.notReady).toEqual([]);
    const [, url] = await hub.line(/metrics +(http:.*)\/metrics/);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const scrape = await Scrape.of(`${url}/metrics`);
    expect(['badges', 'other'].map((consumer) => scrape.value('penstock_consumer_paused', { consumer }))).toEqual([
      1, 0,
    ]);
    expect(readTexts(project.path('badges'))).toEqual([]);

    expect(await said(project.hub(['resume', 'badges', '--json']))).toBe(
      '{"consumers":[{"consumer":"badges","was":"paused","reason":"the database moves","backlog":2}]}',
    );
    await project.statusWhen((now) => of(now, 'badges')?.backlog === 0);
    expect(readTexts(project.path('badges')).toSorted()).toEqual(['one', 'two']);
    hub.kill('SIGKILL');
    await hub.ended;
    expect(await said(project.hub(['queue', 'ls'])), 'that it goes on is kept likewise').toMatch(
      /^badges +1 +stopped +0 /m,
    );
  });

  it('may be one that is left out by --only, and waits when it runs again', async () => {
    const project = recordingProject();
    const hub = await project.run('--only', 'other');
    await said(project.hub(['pause', 'badges']));
    expect(of(await project.status(), 'badges')).toMatchObject({ state: 'not-run', paused: {} });
    hub.kill('SIGTERM');
    await hub.ended;
    await project.run();
    expect(of(await project.status(), 'badges')).toMatchObject({ state: 'paused' });
  });

  it('may be paused or resumed twice, which says so and is no error', async () => {
    const project = recordingProject();
    await project.run();
    await said(project.hub(['pause', 'badges']));
    expect(await said(project.hub(['pause', 'badges', 'other', '--reason', 'both']))).toMatch(
      /^badges was paused already, since .* \(both\), with 0 messages.*\nother is paused \(both\), /,
    );
    expect(await said(project.hub(['resume', 'other', 'badges']))).toMatch(/^badges goes on.*\nother goes on/);
    expect(await said(project.hub(['resume', 'other']))).toBe('other was not paused');
  });

  it('is not one whose name is unknown: then none is paused, and the names are told', async () => {
    const project = recordingProject();
    await project.run();
    const pause = project.hub(['pause', 'other', 'badgs']);
    expect(await pause.ended).toMatchObject({ code: 53 });
    expect(pause.output).toBe('hub: the hub has no consumer "badgs"; there are: badges, other');
    expect(of(await project.status(), 'other')).toMatchObject({ state: 'running' });
  });

  it('needs a hub that runs: without one the command says how to start it', async () => {
    const pause = recordingProject().hub(['pause', 'badges']);
    expect(await pause.ended).toMatchObject({ code: 23 });
    expect(pause.output).toMatch(/^hub: no hub answers on data directory .*start one with "hub run"$/);
  });

  it('finishes what is in flight, and begins nothing more', async () => {
    const dataDir = tempDir();
    const gate = new Gate();
    const module = fixture('record');
    const hub = await startHub({
      dataDir,
      consumers: {
        a: { module, concurrency: 2, options: { log: join(dataDir, 'a'), gate: gate.memory } },
        other: { module, options: { log: join(dataDir, 'other') } },
      },
    });
    await publishNumbers(hub, 0, 5);
    await until('two are in flight', () => readTexts(join(dataDir, 'a')).length === 2);
    expect(await hub.pause('a', { reason: 'a test' })).toMatchObject({ already: false, reason: 'a test', backlog: 5 });
    gate.open();
    await until('both are settled', () => consumerOf(hub, 'a').backlog === 3);
    await publishNumbers(hub, 5, 6);
    await until('another consumer has had all', () => consumerOf(hub, 'other').backlog === 0);
    expect(consumerOf(hub, 'a')).toMatchObject({ state: 'paused', backlog: 4, inFlight: 0 });
    expect(readTexts(join(dataDir, 'a'))).toEqual(numbers(0, 2));
    expect(await hub.resume('a')).toMatchObject({ was: 'paused', reason: 'a test' });
    await allSettled(hub);
    expect(readTexts(join(dataDir, 'a'))).toEqual(numbers(0, 6));
  });
});
