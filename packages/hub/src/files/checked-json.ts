// Small files of JSON with a checksum in them, so that what a damaged one says is not believed.
import { crc32 } from 'node:zlib';

/** From this format on, a file has its checksum. */
const CHECKED_FORMAT = 2;

/** What every such file says. */
export interface FormattedFile {
  readonly format: number;
}

/** @param content Made of what JSON has, in the order in which it is to stand there. */
export function encodeChecked(content: FormattedFile): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ ...content, checksum: checksumOf(content) }, null, 2)}\n`);
}

/**
 * @param newest The newest format that is known: what says to be of a newer one, and has no checksum, is taken at its word.
 * @throws An error that says why it is none, or not what was written.
 */
export function decodeChecked<Content extends FormattedFile>(bytes: Uint8Array, newest: number): Content {
  const file = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Content & { checksum?: string };
  if (typeof file?.format !== 'number') throw new Error('it is no object with a format');
  const { checksum, ...content } = file;
  if (checksum === undefined && (file.format < CHECKED_FORMAT || file.format > newest)) return file;
  if (checksum !== checksumOf(content as unknown as Content)) throw new Error('its checksum is wrong');
  return content as unknown as Content;
}

const checksumOf = (content: FormattedFile): string => crc32(JSON.stringify(content)).toString(16).padStart(8, '0');
