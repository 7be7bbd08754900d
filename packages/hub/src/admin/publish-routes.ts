// Publishing over the control socket: many messages in one request, answered when they are committed. What could not
// be taken comes back with its reason beside the positions of what was, so that a sender knows where it stands.
import type { FastifyError } from 'fastify';
import { type ErrorData, fromErrorData, PenstockError, toErrorData } from '../errors.js';
import { type Body, checkHeaders, type Headers } from '../message.js';
import type { ControlClient } from './control-client.js';
import { BYTES_TYPE } from './control-protocol.js';
import type { ControlRoutes } from './control-server.js';
import { decodeMessages, encodeMessages, type OutgoingMessage } from './message-frames.js';
import { PublishLog } from './publish-log.js';

const MESSAGES_PATH = '/messages';

/** What a sender may put into one request, beside the message that goes over it. */
export const REQUEST_BYTES = 256 * 1024;

/** Room for what stands around a message's body: lengths, topic and headers, as JSON. */
const HEAD_ROOM_BYTES = 128 * 1024;

/** Where messages go: the hub, as far as this group needs it. */
export interface PublishTarget {
  /** The first part of the ids of messages that bring none. */
  readonly hubId: string;
  readonly maxMessageBytes: number;
  /** Takes a message; returns its position, or throws what `publish()` rejects with. */
  append(topic: string, body: Body, headers: Headers | undefined): number;
  /** Resolves when all that was taken so far is committed. */
  committed(): Promise<void>;
}

interface Answer {
  readonly hubId: string;
  readonly positions: readonly number[];
  /** Why the message after these was not taken, nor any behind it. */
  readonly error?: ErrorData;
}

/** `POST /messages`: publishes, in order, up to the first message that cannot be taken. */
export function publishRoutes(target: PublishTarget): ControlRoutes {
  return (app, log) => {
    const published = new PublishLog(log);
    app.addHook('onClose', async () => published.end());
    app.addContentTypeParser(BYTES_TYPE, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    app.setErrorHandler((error: FastifyError) => {
      throw error.code === 'FST_ERR_CTP_BODY_TOO_LARGE' ? tooLarge(target.maxMessageBytes, error) : error;
    });
    const bodyLimit = REQUEST_BYTES + HEAD_ROOM_BYTES + target.maxMessageBytes;
    app.post<{ Body: Buffer }>(MESSAGES_PATH, { bodyLimit }, async ({ body: request }): Promise<Answer> => {
      const positions: number[] = [];
      let refusal: { readonly error: ErrorData } | undefined;
      try {
        for (const { topic, body, headers } of decodeMessages(request)) {
          if (headers !== undefined) checkHeaders(headers);
          positions.push(target.append(topic, body, headers));
          published.note(topic);
        }
      } catch (error) {
        refusal = { error: toErrorData(error) };
      }
      await target.committed();
      return { hubId: target.hubId, positions, ...refusal };
    });
  };
}

const tooLarge = (maxMessageBytes: number, cause: Error): PenstockError =>
  new PenstockError('MESSAGE_TOO_LARGE', `a message takes more than maxMessageBytes, ${maxMessageBytes}`, { cause });

/** What became of the messages of one request: the first ones were committed, all of them unless there is an error. */
export interface Published {
  readonly committed: readonly CommittedMessage[];
  /** Why the message after these was not taken, nor any behind it. */
  readonly error: Error | undefined;
}

export interface CommittedMessage {
  readonly position: number;
  readonly id: string;
}

/**
 * Publishes to the hub behind a control socket; resolves when what was taken is committed.
 *
 * @param messages Up to {@link REQUEST_BYTES} of them, or one message of any size.
 * @throws HUB_UNREACHABLE (when it is cut off in the middle, nobody knows what was taken); JOURNAL_FAILED;
 *   MESSAGE_TOO_LARGE for the first of the messages.
 */
export async function publishMessages(client: ControlClient, messages: readonly OutgoingMessage[]): Promise<Published> {
  const { hubId, positions, error } = (await client.request('POST', MESSAGES_PATH, encodeMessages(messages))) as Answer;
  return {
    committed: positions.map((position, at) => ({ position, id: messages[at]?.headers?.id ?? `${hubId}-${position}` })),
    error: error && fromErrorData({ ...error, stack: error.stack, code: error.code }),
  };
}
