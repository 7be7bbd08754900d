// Every error that Penstock raises on purpose: one table of codes, each with what it means, whether
// trying again can help, and the exit code `hub` ends with. docs/errors.md is generated from it.

interface ErrorKind {
  /** What happened and what to do, for the docs page. */
  readonly summary: string;
  /** Whether the same call can succeed later without anybody changing anything. */
  readonly retryable: boolean;
  /** What `hub` exits with when this error ends it. */
  readonly exitCode: number;
}

const kind = (summary: string, exitCode = 1, retryable = false): ErrorKind => ({ summary, retryable, exitCode });

/** All error codes. Exit codes 1 and 2 are "anything else" and "wrong usage", as everywhere. */
export const ERRORS = {
  CONFIG_NOT_FOUND: kind('There is no config file where one was looked for. Name one with --config.', 10),
  CONFIG_LOAD_FAILED: kind('The config file could not be compiled or threw while it was loaded.', 11),
  CONFIG_INVALID: kind('An option is unknown, missing or has a wrong value; the message gives its path.', 12),
  TOPIC_PATTERN_INVALID: kind(
    'A topic pattern is not made of tokens split by ".", "*" (one token) and a last ">" (the rest).',
    13,
  ),
  CONSUMER_LOAD_FAILED: kind(
    'A consumer module could not be found, compiled or imported, or its default export is no class with consume() or consumeBatch().',
    14,
  ),
  DATA_DIR_UNUSABLE: kind('The data directory cannot be created, read or written, or its disk is full.', 15),
  DATA_DIR_LOCKED: kind('Another hub runs on this data directory. Stop it, or use another dataDir.', 16),
  DATA_FORMAT_UNSUPPORTED: kind('The data directory was written by a newer Penstock.', 17),
  DATA_DAMAGED: kind('A file in the data directory is not what was written there.', 18),
  PORT_IN_USE: kind('The address that the hub was to listen on is taken or may not be used.', 19),
  SOURCE_START_FAILED: kind('A source could not open its sockets or reach its bus.', 20),
  JOURNAL_FAILED: kind(
    'Writing or syncing the journal failed. The hub takes no more messages and stops; what was committed is on disk.',
    21,
  ),
  HUB_NOT_RUNNING: kind('The hub is not started, or is stopping.', 22),
  HUB_UNREACHABLE: kind('No hub answers on the control socket of this data directory.', 23),
  TOPIC_INVALID: kind('A topic is empty, has an empty token, is over 1,024 bytes, or is not text.', 24),
  HEADERS_INVALID: kind('Headers are not an object of strings.', 25),
  HEADERS_TOO_LARGE: kind('Headers take more than 8 KiB encoded.', 26),
  MESSAGE_TOO_LARGE: kind('A message is larger than maxMessageBytes.', 27),
  BODY_INVALID: kind('A body is neither a string nor a Uint8Array.', 28),
  UNCOMMITTED_LIMIT: kind(
    'More than maxUncommittedBytes were published and wait for their commit. Await earlier publishes first.',
    29,
    true,
  ),
  JSON_INVALID: kind('A message body is not JSON; the message names its topic and position.', 30),
  DELIVERY_SETTLED: kind('context.publish(), or a way to settle, was called after its delivery had ended.', 31),
  CONSUMER_OPEN_FAILED: kind("A consumer's open() threw. It is tried again with backoff.", 32, true),
  CONSUMER_CRASHED: kind(
    "A consumer's thread or process ended by itself, or was killed. It is started again with backoff.",
    33,
    true,
  ),
  CONTROL_SOCKET_FAILED: kind(
    'The control socket of the data directory could not be made, or others may enter its directory.',
    34,
  ),
  DELIVERY_TIMEOUT: kind('A delivery took longer than timeoutMs. It counts as failed, and is tried again.', 35, true),
  QUEUE_FULL: kind(
    'A queue that the message would go into is at its maxBacklog, with whenFull "block". Publish again when it has room.',
    36,
    true,
  ),
  DISK_LIMIT: kind(
    'The data directory is at maxDiskBytes, or its disk is nearly full. The hub takes messages again when consumers have settled enough.',
    37,
    true,
  ),
  CONSUMER_STALLED: kind(
    "A consumer's thread blocked its event loop for longer than killAfterMs and was ended. It is started again with backoff, and what it was delivering counts a crash.",
    38,
    true,
  ),
  ENDPOINT_UNREACHABLE: kind(
    'Nobody at a ZeroMQ endpoint took a message in time, or none answered that it was committed.',
    40,
    true,
  ),
  MESSAGE_REFUSED: kind('The other end of a ZeroMQ endpoint refused a message; the error gives its code.', 41),
  QUEUE_NOT_FOUND: kind('There is no queue of this name in the data directory.', 50),
  QUEUE_IN_USE: kind(
    'The queue belongs to a consumer of the config. Take the consumer out of the config and start the hub again first.',
    51,
  ),
  QUEUE_NOT_EMPTY: kind(
    'Messages wait in the queue, or it has dead letters, and would be lost with it. Say so with --yes.',
    52,
  ),
  CONSUMER_NOT_FOUND: kind('The hub has no consumer of this name; the message names those it has.', 53),
  DEAD_LETTER_NOT_FOUND: kind('The consumer has no dead letter with this id.', 54),
  PROJECT_IN_THE_WAY: kind('"hub init" would write over files. Choose an empty directory, or use --force.', 55),
  PROJECT_NOT_WRITTEN: kind('"hub init" cannot write there, or cannot read the package.json that it is to keep.', 56),
  JOURNAL_RANGE_INVALID: kind(
    'A position or time to replay or start from lies past the end of the journal or in the future, or is none; or a range ends before it begins.',
    58,
  ),
  REPLAY_RUNNING: kind('A replay into the same consumer is under way. Wait for its end, or stop it.', 59, true),
  KEYS_NOT_WRITTEN: kind(
    '"hub keygen" would write over files, or cannot write there. Use another --out, or --force.',
    57,
  ),
  AUDIT_FAILED: kind(
    'Messages put into a queue are not all accounted for, or some are counted twice; "hub audit" says of which consumer and how many.',
    60,
  ),
  FSCK_DAMAGED: kind('"hub fsck" found damage in the data directory; --repair mends what can be mended.', 61),
  FSCK_NOT_REPAIRED: kind('"hub fsck --repair" left something that it could not mend; it says what.', 62),
  TORTURE_FAILED: kind(
    '"hub torture" found something lost, damaged, out of order, or otherwise not as promised; it says what, and keeps the scratch directory.',
    70,
  ),
  TORTURE_SKIPPED: kind(
    '"hub torture" tried nothing: this machine lacks a tool for every fault that was asked for; it says which.',
    71,
  ),
} as const satisfies Record<string, ErrorKind>;

/** One of the codes in {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** An error with a code from {@link ERRORS}, and a message that says what, where and what to do. */
export class PenstockError extends Error {
  /** Always `PenstockError`. */
  override readonly name = 'PenstockError';
  /** What went wrong, for programs; see docs/errors.md. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether the same call can succeed later without anybody changing anything. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }

  /** What `hub` exits with when this error ends it. */
  get exitCode(): number {
    return ERRORS[this.code].exitCode;
  }
}

/** An error as it crosses a thread: structured clone would drop the code of an Error subclass. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
}

/** Describes anything that was thrown, an object that throws on being looked at included. */
export function toErrorData(thrown: unknown): ErrorData {
  try {
    if (thrown instanceof Error) {
      const code = (thrown as { code?: unknown }).code;
      return {
        name: String(thrown.name),
        message: String(thrown.message),
        stack: thrown.stack === undefined ? undefined : String(thrown.stack),
        code: typeof code === 'string' ? code : undefined,
      };
    }
    return { name: 'Error', message: `thrown: ${String(thrown)}`, stack: undefined, code: undefined };
  } catch {
    return { name: 'Error', message: 'thrown: a value that cannot be shown', stack: undefined, code: undefined };
  }
}

/** The counterpart of {@link toErrorData} on the receiving side: code, message and stack as they were. */
export function fromErrorData(data: ErrorData): Error {
  const error =
    data.code !== undefined && Object.hasOwn(ERRORS, data.code)
      ? new PenstockError(data.code as ErrorCode, data.message)
      : Object.assign(new Error(data.message), data.code === undefined ? {} : { code: data.code });
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}
