// The messages of a torture run. Each names its producer and its number there, and its bytes follow from these two alone:
// whoever has the name can say what must have arrived, without having kept it.
import { crc32 } from 'node:zlib';

/** Which message: the how-manieth of which producer. */
export interface MessageName {
  /** Letters, digits and "_". */
  readonly producer: string;
  /** From 0, in the order in which its producer publishes. */
  readonly sequence: number;
}

/** Order keys of one producer's messages, in turn. */
const KEYS = 16;

/** The longest body, in bytes. */
const MOST_BYTES = 4_096;

/** What a message is called in the header `id`, in logs and in reports: `alpha-17`. */
export const idOf = ({ producer, sequence }: MessageName): string => `${producer}-${sequence}`;

/** The counterpart of {@link idOf}; undefined for what is no such id. */
export function nameOf(id: string): MessageName | undefined {
  const [, producer, sequence] = id.match(/^(\w+)-(\d{1,15})$/) ?? [];
  return producer === undefined ? undefined : { producer, sequence: Number(sequence) };
}

/** The order key of a message: one of {@link KEYS} of its producer. */
export const keyOf = ({ producer, sequence }: MessageName): string => `${producer}/${sequence % KEYS}`;

/** The bytes of a message: its id over and over, to a length that differs from message to message. */
export function bodyOf(name: MessageName): Buffer {
  const id = `${idOf(name)} `;
  const length = id.length + ((name.sequence * 1_009) % (MOST_BYTES - id.length));
  return Buffer.alloc(length, id);
}

/** The CRC-32 of a message's bytes, in hexadecimal. */
export const checksumOf = (body: Uint8Array): string => crc32(body).toString(16);
