// From hub to hub over an encrypted connection, with keys as `hub keygen` makes them: whoever is in the list is let in,
// and nobody else.
import { chmodSync, copyFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { capability } from 'zeromq';
import { freePort } from './support/free-port.js';
import { HubProject } from './support/hub-project.js';

const CONSUMER = `
import { Consumer } from '@penstock/hub';
export default class Noting extends Consumer {
  static topics = ['org.example.>'];
  consume(message, context) { context.log.info('got ' + message.text()); }
}`;

const withoutCurve = capability.curve === true ? false : 'ZeroMQ was built without CURVE';

/** Takes messages of those whose public keys are in the file `clients`. */
const receiving = (port: number): string => `
import { zeromq } from '@penstock/zeromq';
export default {
  sources: [
    zeromq({ pull: [{ bind: 'tcp://127.0.0.1:${port}', curve: { secretKeyFile: 'hub.key', allowedClientsFile: 'clients' } }] }),
  ],
  consumers: { noting: { module: './noting.mjs' } },
  http: false,
};`;

const sending = (port: number): string => `
import { zeromqPublisher } from '@penstock/zeromq';
export default {
  consumers: {
    out: zeromqPublisher({
      push: { connect: 'tcp://127.0.0.1:${port}', curve: { secretKeyFile: 'own.key', serverKeyFile: 'hub.key.pub' } },
      topics: ['org.example.>'],
    }),
  },
  http: false,
};`;

async function run(project: HubProject, ...args: string[]): Promise<void> {
  const child = project.hub(args);
  expect({ args, ...(await child.ended), lines: child.lines }).toMatchObject({ code: 0 });
}

/** A hub that sends to the other one, with keys of its own. */
async function sender(port: number, receiver: HubProject): Promise<HubProject> {
  const project = new HubProject({ 'hub.config.mjs': sending(port) });
  await run(project, 'keygen', '--out', 'own.key');
  copyFileSync(receiver.path('hub.key.pub'), project.path('hub.key.pub'));
  return project;
}

describe.skipIf(withoutCurve)('over CURVE', () => {
  it('a hub takes from a hub in its list, and refuses and counts one that is not', async () => {
    const port = await freePort();
    const receiver = new HubProject({ 'hub.config.mjs': receiving(port), 'noting.mjs': CONSUMER });
    await run(receiver, 'keygen', '--out', 'hub.key');
    const [known, stranger] = [await sender(port, receiver), await sender(port, receiver)];
    copyFileSync(known.path('own.key.pub'), receiver.path('clients'));

    const hub = await receiver.run();
    await stranger.run();
    await run(stranger, 'publish', 'org.example.a', 'of a stranger');
    await hub.line(/refused a client whose public key is not allowed/);
    await known.run();
    await run(known, 'publish', 'org.example.a', 'of a friend');
    await hub.line(/got of a friend/);

    const { sources } = await receiver.status();
    expect(sources[0]).toMatchObject({ receivedTotal: 1, refusedTotal: { unauthorized: expect.any(Number) } });
    const waiting = await stranger.status();
    expect(waiting.consumers[0]).toMatchObject({ consumer: 'out', backlog: 1 });
  });

  it('a hub does not start with a secret key that others can read', async () => {
    const receiver = new HubProject({ 'hub.config.mjs': receiving(await freePort()), 'noting.mjs': CONSUMER });
    await run(receiver, 'keygen', '--out', 'hub.key');
    copyFileSync(receiver.path('hub.key.pub'), receiver.path('clients'));
    chmodSync(receiver.path('hub.key'), 0o644);
    const hub = receiver.hub(['run']);
    expect(await hub.ended).toEqual({ code: 20, signal: null });
    expect(hub.lines.join('\n')).toMatch(
      /curve\.secretKeyFile: .*hub\.key is open to others \(mode 644\): run chmod 600/,
    );
  });
});
