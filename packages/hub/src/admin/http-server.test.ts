import { once } from 'node:events';
import { Agent, get as httpGet, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Logger } from '../consumer-context.js';
import { PenstockError } from '../errors.js';
import { createMetrics } from '../telemetry/metrics.js';
import { exampleSnapshot } from '../telemetry/snapshot.fixture.js';
import { HttpServer, type HttpServerOptions } from './http-server.js';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const servers: HttpServer[] = [];
const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

function serverWith(options: Partial<HttpServerOptions> = {}): HttpServer {
  const metrics = { contentType: 'text/plain; version=0.0.4', render: async () => 'up 1\n' };
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    metrics,
    snapshot: exampleSnapshot,
    log: silent,
    ...options,
  });
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

describe('the HTTP side of a hub', () => {
  it('serves metrics under their content type', async () => {
    const metrics = createMetrics(exampleSnapshot);
    const server = serverWith({ metrics });
    await server.start();
    const answer = await fetch(`${server.url}/metrics`);
    metrics.dispose();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toContain('penstock_consumer_backlog{consumer="badges"} 120');
  });

  it('is ready when nothing speaks against it, and else says what does, a line each', async () => {
    const notReady: string[] = [];
    const server = serverWith({ snapshot: () => exampleSnapshot({ notReady }) });
    await server.start();
    const ready = await fetch(`${server.url}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([200, 'ready\n']);
    notReady.push('consumer badges: open() threw', 'consumer chat: starting');
    const red = await fetch(`${server.url}/readyz`);
    expect([red.status, await red.text()]).toEqual([503, 'consumer badges: open() threw\nconsumer chat: starting\n']);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  });

  it('answers anything else with what there is', async () => {
    const server = serverWith();
    await server.start();
    const answer = await fetch(`${server.url}/metric`);
    expect(answer.status).toBe(404);
    const text = await answer.text();
    expect(text).toContain('no GET /metric here');
    for (const path of ['/metrics', '/livez', '/readyz']) expect(text).toContain(path);
    expect((await fetch(`${server.url}/metrics`, { method: 'POST', body: 'x' })).status).toBe(404);
  });

  it('answers 500 and logs it when the metrics cannot be read', async () => {
    const logged: unknown[] = [];
    const render = () => Promise.reject(new Error('not now'));
    const log = { ...silent, error: (message: string, fields?: object) => logged.push([message, fields]) };
    const server = serverWith({ metrics: { contentType: 'text/plain', render }, log });
    await server.start();
    const answer = await fetch(`${server.url}/metrics`);
    expect([answer.status, await answer.text()]).toEqual([500, 'not now\n']);
    expect(logged).toEqual([['http request failed', expect.objectContaining({ path: '/metrics' })]]);
  });

  it('has a URL only while it runs', async () => {
    const server = serverWith();
    expect(server.url).toBeUndefined();
    await server.start();
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await server.stop();
    expect(server.url).toBeUndefined();
  });

  it.each([
    ['127.0.0.1', 0],
    ['127.0.0.9', 0],
    ['localhost', 0],
    ['0.0.0.0', 1],
  ])('on %s warns %d times that others reach it', async (host, warnings) => {
    const warned: string[] = [];
    const server = serverWith({ host, log: { ...silent, warn: (message) => warned.push(message) } });
    await server.start();
    expect(warned).toHaveLength(warnings);
  });

  it.skipIf(!hasIpv6)('listens on IPv6, with a URL in brackets and without a warning on loopback', async () => {
    const warned: string[] = [];
    const server = serverWith({ host: '::1', log: { ...silent, warn: (message) => warned.push(message) } });
    await server.start();
    expect(server.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    expect(warned).toEqual([]);
  });

  it('does not start on a port that is taken, and says which and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const server = serverWith({ port });
    const error = await server.start().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PenstockError);
    expect(error).toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`127.0.0.1:${port}: the port is taken`),
    });
    expect((error as Error).message).toContain('http.port');
    expect(server.state).toBe('stopped');
    other.close();
    await once(other, 'close');
    await server.start();
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  });

  it('does not start on an address that is none of this machine', async () => {
    const start = serverWith({ host: '192.0.2.1' }).start();
    await expect(start).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringMatching(/192\.0\.2\.1:0: the address is none of this machine; choose another http\.host/),
    });
  });
});

describe('stopping', () => {
  it('does not wait for connections that are kept alive', async () => {
    const server = serverWith();
    await server.start();
    const agent = new Agent({ keepAlive: true });
    const [answer] = (await once(httpGet(`${server.url}/livez`, { agent }), 'response')) as [IncomingMessage];
    const closed = once(answer.socket, 'close');
    await once(answer.resume(), 'end');
    await server.stop();
    await closed;
  });

  it('cuts a connection that never asks for anything', async () => {
    const server = serverWith();
    await server.start();
    const { port } = new URL(server.url ?? '');
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket.resume(), 'close');
    await server.stop();
    await closed;
  });

  it('lets an answer under way out first', async () => {
    let rendering = () => {};
    const asked = new Promise<void>((resolve) => {
      rendering = resolve;
    });
    let finish = (_text: string) => {};
    const rendered = new Promise<string>((resolve) => {
      finish = resolve;
    });
    const render = () => {
      rendering();
      return rendered;
    };
    const server = serverWith({ metrics: { contentType: 'text/plain', render } });
    await server.start();
    const answer = fetch(`${server.url}/metrics`);
    await asked;
    const stopped = server.stop();
    finish('up 1\n');
    expect(await (await answer).text()).toBe('up 1\n');
    await stopped;
  });

  it('and starting may be called by anyone, any number of times', async () => {
    const server = serverWith();
    const caller = async (seed: number) => {
      for (let turn = 0; turn < 50; turn++) await ((turn + seed) % 2 === 0 ? server.start() : server.stop());
    };
    await Promise.all(Array.from({ length: 10 }, (_, seed) => caller(seed)));
    await server.stop();
    expect(server.state).toBe('stopped');
    // A closed handle is listed for a few turns of the event loop more.
    await vi.waitUntil(() => !process.getActiveResourcesInfo().includes('TCPServerWrap'));
  });
});
