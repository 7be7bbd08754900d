// A consumer of the JetStream peer, in its thread.
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { runConsumer } from './consumer-thread.mjs';
import { AHEAD, STREAM } from './jetstream.mjs';

await runConsumer(async ({ port, consumer }, consume) => {
  const connection = await connect({ port });
  const source = await jetstream(connection).consumers.get(STREAM, consumer);
  const messages = await source.consume({ max_messages: AHEAD });
  const ended = (async () => {
    for await (const message of messages) {
      await consume(message.data);
      message.ack();
    }
  })();
  return async () => {
    await messages.close();
    await ended;
    await connection.drain();
  };
});
