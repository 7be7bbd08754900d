// Stands in for the outside service that `notifications` talks to: an HTTP server that takes 50 ms to answer
// and writes down each id that it was sent. Run by demo.mjs; `node notification-service.mjs` runs it alone.
import { appendFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const LATENCY_MS = 50;

/**
 * Starts the service on the loopback address.
 *
 * @param {{ port?: number, file: string }} options The port, 0 (the default) for a free one; the file that gets
 *   a line with the id of each notification.
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>} Where to POST to, and how to end it.
 */
export async function startNotificationService({ port = 0, file }) {
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      setTimeout(() => {
        appendFileSync(file, `${request.headers['idempotency-key']}\n`);
        response.writeHead(204).end();
      }, LATENCY_MS);
    });
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = fileURLToPath(new URL('./data/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const { url } = await startNotificationService({ port: 9465, file: `${folder}notifications.log` });
  console.log(`takes notifications at ${url}, writes their ids to ${folder}notifications.log`);
}
