// Endpoints that nothing else uses, for tests that open real sockets.
import { randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * A loopback endpoint whose port was free a moment ago. Below the ports that the system gives to outgoing
 * connections, one of which could take it before the test does.
 */
export async function freeTcpEndpoint(): Promise<string> {
  for (;;) {
    const port = randomInt(15_000, 32_000);
    const probe = createServer().listen(port, '127.0.0.1');
    const free = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    if (!free) continue;
    probe.close();
    await once(probe, 'close');
    return `tcp://127.0.0.1:${port}`;
  }
}

/** A path of the current test's own, which is empty again when it has finished: ZeroMQ leaves its file behind. */
export function freeIpcEndpoint(): string {
  const path = join(tmpdir(), `${randomUUID().slice(0, 8)}.sock`);
  onTestFinished(() => rmSync(path, { force: true }));
  return `ipc://${path}`;
}
