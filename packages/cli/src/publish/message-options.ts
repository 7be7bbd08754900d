// What a message on the command line may be: topic, headers and id, checked before anything is sent.
import { MAX_HEADER_BYTES, topicProblem } from '@penstock/hub/source';
import { InvalidArgumentError } from 'commander';

/** @throws InvalidArgumentError */
export function parseTopic(text: string): string {
  const problem = topicProblem(text);
  if (problem !== undefined) throw new InvalidArgumentError(`The topic ${problem}.`);
  return text;
}

/**
 * Adds one `name=value`; the value may have "=" in it.
 *
 * @param before What the headers before it have given.
 * @throws InvalidArgumentError
 */
export function parseHeader(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Give a header as name=value.');
  const name = text.slice(0, at);
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`The header "${name}" is there twice.`);
  const headers = Object.fromEntries([...Object.entries(before), [name, text.slice(at + 1)]]);
  const bytes = Object.entries(headers).reduce((sum, [key, value]) => sum + Buffer.byteLength(key + value) + 4, 0);
  if (bytes > MAX_HEADER_BYTES) {
    throw new InvalidArgumentError(`All headers together may take ${MAX_HEADER_BYTES} bytes.`);
  }
  return headers;
}

/** The most bytes that an id may have: as many as a request over ZeroMQ takes, its number included. */
const MAX_ID_BYTES = 200;

/** @throws InvalidArgumentError */
export function parseId(text: string): string {
  if (text !== '' && Buffer.byteLength(text) <= MAX_ID_BYTES) return text;
  throw new InvalidArgumentError(`Give an id of 1 to ${MAX_ID_BYTES} bytes.`);
}
