// What the two servers of the hub, over TCP and over its Unix socket, have in common: a small, bounded fastify that
// starts on one address and stops within a known time.
import type { ListenOptions } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';

/** How long a request may take to arrive, in milliseconds. */
const REQUEST_TIMEOUT_MS = 10_000;
/** How long a connection without requests is kept, in milliseconds: over Prometheus' usual scrape interval. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
const MAX_CONNECTIONS = 256;
const MAX_BODY_BYTES = 1024 * 1024;

/** How long answers under way may take at stop, in milliseconds, before their connections are cut. */
const STOP_GRACE_MS = 500;

/** Makes a server without routes; it logs nothing by itself. */
export function createServer(): FastifyInstance {
  const app = fastify({
    logger: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    bodyLimit: MAX_BODY_BYTES,
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  return app;
}

/**
 * Listens on one address; rejects with Node's error. Not fastify's own `listen()`, which opens a second server for
 * `localhost` that nothing outside can close promptly.
 */
export async function listen(app: FastifyInstance, options: ListenOptions): Promise<void> {
  await app.ready();
  await new Promise<void>((resolve, reject) => {
    app.server.once('error', reject);
    app.server.listen(options, () => {
      app.server.off('error', reject);
      resolve();
    });
  });
}

/** Stops listening, closes idle connections at once, and cuts the others when the grace time is over. */
export async function close(app: FastifyInstance): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), STOP_GRACE_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}
