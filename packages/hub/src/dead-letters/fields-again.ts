// What a message is made of when it is taken again out of its record: the same topic, headers, body and id.
import type { DataFields } from '../journal/encode.js';
import { readHeaders } from '../journal/headers.js';
import { AT, RECORD_HEADER_BYTES, viewOf } from '../journal/record.js';

/**
 * @param record A DATA record as it lay in the journal, with a true checksum.
 * @param hubId Names the messages that did not bring an id.
 */
export function fieldsAgain(record: Buffer, hubId: string): DataFields {
  const view = viewOf(record);
  const topicEnd = RECORD_HEADER_BYTES + view.getUint16(AT.topicLength, true);
  const idEnd = topicEnd + view.getUint16(AT.idLength, true);
  const headersLength = view.getUint16(AT.headersLength, true);
  const headers = readHeaders(record, idEnd, headersLength);
  const ownId = idEnd > topicEnd ? record.toString('utf8', topicEnd, idEnd) : undefined;
  return {
    topic: record.subarray(RECORD_HEADER_BYTES, topicEnd),
    body: record.subarray(idEnd + headersLength),
    headers: headersLength === 0 ? undefined : headers,
    // A header `id` goes before, and is there again.
    id: headers.id === undefined ? (ownId ?? `${hubId}-${view.getFloat64(AT.position, true)}`) : undefined,
  };
}
