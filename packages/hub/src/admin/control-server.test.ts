import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PenstockError } from '../errors.js';
import { exampleConsumer, exampleSnapshot } from '../telemetry/snapshot.fixture.js';
import type { HubSnapshot } from '../telemetry/snapshot.js';
import { ControlClient } from './control-client.js';
import { BYTES_TYPE, decodeJson, encodeJson } from './control-protocol.js';
import { type ControlRoutes, ControlServer } from './control-server.js';
import { controlSocketPath } from './control-socket.js';
import { statusRoutes } from './status-routes.js';

let dataDir: string;
const servers: ControlServer[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'penstock-control-'));
});

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  rmSync(dataDir, { recursive: true });
});

function serverFor(directory: string, snapshot: () => HubSnapshot = exampleSnapshot): ControlServer {
  return serverWith(directory, statusRoutes(snapshot));
}

function serverWith(directory: string, ...routes: ControlRoutes[]): ControlServer {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const server = new ControlServer({ dataDir: directory, log, routes });
  servers.push(server);
  return server;
}

describe('the status of a hub', () => {
  it('crosses the control socket as it is, infinite catch-up times included', async () => {
    await serverFor(dataDir).start();
    const status = await ControlClient.forDataDir(dataDir).status();
    expect(status).toEqual(exampleSnapshot());
    expect(status.consumers[1]?.catchUpSeconds).toBe(Number.POSITIVE_INFINITY);
    expect(await new ControlClient(controlSocketPath(dataDir)).status()).toEqual(status);
  });

  it('is not confused by text that looks like a number', () => {
    const topics = ['Infinity', '$number', 'NaN'];
    const hub = exampleSnapshot({ consumers: [exampleConsumer('Infinity', { topics, catchUpSeconds: -0.5 })] });
    expect(decodeJson(encodeJson(hub))).toEqual(hub);
  });

  it('comes from a hub whose data directory has a long path as well', async () => {
    const long = join(dataDir, 'd'.repeat(120));
    mkdirSync(long);
    const server = serverFor(long);
    await server.start();
    expect((await ControlClient.forDataDir(long).status()).hubId).toBe('h1');
    await server.stop();
    expect(existsSync(controlSocketPath(long))).toBe(false);
  });

  it('that cannot be taken comes as the error it was, with its code', async () => {
    await serverFor(dataDir, () => {
      throw new PenstockError('HUB_NOT_RUNNING', 'the hub is stopping');
    }).start();
    const failed = ControlClient.forDataDir(dataDir).status();
    await expect(failed).rejects.toMatchObject({ code: 'HUB_NOT_RUNNING', message: 'the hub is stopping' });
  });
});

describe('a hub that does not answer', () => {
  const unreachable = (why: string) => ({
    code: 'HUB_UNREACHABLE',
    message: expect.stringMatching(new RegExp(`${dataDir}.*${why}`)),
  });

  it('because none ever ran is named by its data directory', async () => {
    await expect(ControlClient.forDataDir(dataDir).status()).rejects.toMatchObject(unreachable('no control socket'));
    const none = ControlClient.forDataDir(join(dataDir, 'x'.repeat(120)));
    await expect(none.status()).rejects.toMatchObject(unreachable('no control socket'));
  });

  it('because it was killed is told apart', async () => {
    // What kill -9 leaves: the file of a socket on which nobody listens any more.
    writeFileSync(controlSocketPath(dataDir), '');
    await expect(ControlClient.forDataDir(dataDir).status()).rejects.toMatchObject(unreachable('ended without a stop'));
  });

  it('within the timeout is not waited for any longer', async () => {
    const stuck = createServer();
    await new Promise<void>((resolve) => stuck.listen(controlSocketPath(dataDir), resolve));
    const client = ControlClient.forDataDir(dataDir, { timeoutMs: 50 });
    await expect(client.status()).rejects.toMatchObject(unreachable('not within 50 ms'));
    stuck.close();
  });

  it('but says that it is closing, as its server does by itself, is told to be stopping', async () => {
    const body = '{"error":"Service Unavailable","message":"Service Unavailable","statusCode":503}';
    const closing = createHttpServer((_request, response) => response.writeHead(503).end(body));
    await new Promise<void>((resolve) => closing.listen(controlSocketPath(dataDir), resolve));
    const status = ControlClient.forDataDir(dataDir).status();
    await expect(status).rejects.toMatchObject({ code: 'HUB_NOT_RUNNING', message: 'the hub is stopping' });
    closing.close();
  });

  it('because it stopped leaves no socket behind', async () => {
    const server = serverFor(dataDir);
    await server.start();
    await server.stop();
    expect(readdirSync(dataDir)).toEqual([]);
    await expect(ControlClient.forDataDir(dataDir).status()).rejects.toMatchObject(unreachable('no control socket'));
  });
});

describe('a group of routes', () => {
  it('gets JSON or bytes as they were sent, and its answers and errors cross as they are', async () => {
    await serverWith(
      dataDir,
      (app) => {
        app.addContentTypeParser(BYTES_TYPE, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
        app.post('/bytes', async ({ body }) => ({ bytes: [...(body as Buffer)] }));
      },
      (app) => {
        app.put('/json', async ({ body }) => ({ ...(body as object), endless: Number.POSITIVE_INFINITY }));
        app.delete('/nothing', (_request, reply) => reply.code(204).send());
        app.get('/refused', async () => {
          throw new PenstockError('HUB_NOT_RUNNING', 'not now');
        });
      },
    ).start();
    const client = ControlClient.forDataDir(dataDir);
    expect(await client.request('POST', '/bytes', Uint8Array.of(0, 255, 10))).toEqual({ bytes: [0, 255, 10] });
    expect(await client.request('PUT', '/json', { a: 1 })).toEqual({ a: 1, endless: Number.POSITIVE_INFINITY });
    expect(await client.request('DELETE', '/nothing')).toBeUndefined();
    await expect(client.request('GET', '/refused')).rejects.toMatchObject({
      code: 'HUB_NOT_RUNNING',
      message: 'not now',
    });
  });

  it('that the hub does not have is told, for the hub may be of another version', async () => {
    await serverWith(dataDir).start();
    await expect(ControlClient.forDataDir(dataDir).request('GET', '/later')).rejects.toMatchObject({
      code: 'HUB_UNREACHABLE',
      message: expect.stringMatching(/GET:\/later not found: the hub is of another version/),
    });
  });
});

describe('an answer that goes on', () => {
  /** Answers with the lines that are written to the stream it hands over. */
  const lines = (opened: (stream: PassThrough) => void): ControlRoutes => {
    return (app) => {
      app.get('/lines', (_request, reply) => {
        const stream = new PassThrough();
        opened(stream);
        return reply.send(stream);
      });
    };
  };

  it('is yielded line by line, however it was cut on its way, until the hub ends it', async () => {
    const parts = ['{"n":1}\n{"n', '":2}\n', '{"text":"', 'ü"}\n'];
    await serverWith(
      dataDir,
      lines((stream) => {
        for (const part of parts) stream.write(part);
        stream.end();
      }),
    ).start();
    const seen: unknown[] = [];
    for await (const line of ControlClient.forDataDir(dataDir).follow('/lines', new AbortController().signal))
      seen.push(line);
    expect(seen).toEqual([{ n: 1 }, { n: 2 }, { text: 'ü' }]);
  });

  it('ends as an end when the asker has had enough, and the hub learns of it', async () => {
    let stream: PassThrough | undefined;
    await serverWith(
      dataDir,
      lines((opened) => {
        stream = opened;
        opened.write('1\n');
      }),
    ).start();
    const enough = new AbortController();
    const following = ControlClient.forDataDir(dataDir).follow('/lines', enough.signal);
    expect(await following.next()).toEqual({ done: false, value: 1 });
    enough.abort();
    expect(await following.next()).toEqual({ done: true, value: undefined });
    await vi.waitUntil(() => stream?.destroyed);
  });

  it('that is cut off in the middle is a hub that is gone', async () => {
    await serverWith(
      dataDir,
      lines((stream) => {
        stream.write('1\n', () => setImmediate(() => stream.destroy(new Error('cut'))));
      }),
    ).start();
    const following = ControlClient.forDataDir(dataDir).follow('/lines', new AbortController().signal);
    await following.next();
    await expect(following.next()).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
  });

  it('from where no hub is, is refused', async () => {
    const following = ControlClient.forDataDir(dataDir).follow('/lines', new AbortController().signal);
    await expect(following.next()).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
  });
});

describe('the control server', () => {
  it('starts over the socket of a hub that was killed', async () => {
    writeFileSync(controlSocketPath(dataDir), '');
    await serverFor(dataDir).start();
    expect((await ControlClient.forDataDir(dataDir).status()).hubId).toBe('h1');
  });

  it('does not start without its data directory, and can be started once it is there', async () => {
    const later = join(dataDir, 'later');
    const server = serverFor(later);
    await expect(server.start()).rejects.toMatchObject({ code: 'CONTROL_SOCKET_FAILED' });
    expect(server.state).toBe('stopped');
    mkdirSync(later);
    await server.start();
    expect((await ControlClient.forDataDir(later).status()).hubId).toBe('h1');
  });

  it('may be started and stopped by anyone, any number of times', async () => {
    const server = serverFor(dataDir);
    const caller = async (seed: number) => {
      for (let turn = 0; turn < 50; turn++) await ((turn + seed) % 2 === 0 ? server.start() : server.stop());
    };
    await Promise.all(Array.from({ length: 10 }, (_, seed) => caller(seed)));
    await server.stop();
    expect(readdirSync(dataDir)).toEqual([]);
    // A closed handle is listed for a few turns of the event loop more.
    await vi.waitUntil(() => !process.getActiveResourcesInfo().includes('PipeServerWrap'));
  });
});
