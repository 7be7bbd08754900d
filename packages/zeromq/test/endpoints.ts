// Endpoints that nothing else uses, for tests that open real sockets.
import { randomInt, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pull } from 'zeromq';

/**
 * A loopback endpoint whose port was free a moment ago. Below the ports that the system gives to outgoing
 * connections, one of which could take it before the test does.
 */
export async function freeTcpEndpoint(): Promise<string> {
  for (;;) {
    const endpoint = `tcp://127.0.0.1:${randomInt(15_000, 32_000)}`;
    const probe = new Pull({ linger: 0 });
    const bound = await probe.bind(endpoint).then(
      () => true,
      () => false,
    );
    const events = probe.events;
    probe.close();
    // ZeroMQ closes in a thread of its own; the last event says that it has.
    for await (const event of events) if (event.type === 'end') break;
    if (bound) return endpoint;
  }
}

export function freeIpcEndpoint(): string {
  return `ipc://${join(tmpdir(), `${randomUUID().slice(0, 8)}.sock`)}`;
}
