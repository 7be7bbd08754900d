// Looks up the topic of one message by its position, for whoever has to name a message without having read it.
import type { Files } from '../files/files.js';
import { MAX_TOPIC_BYTES } from '../topic.js';
import { AT, RECORD_HEADER_BYTES, RecordKind } from './record.js';
import { RecordReader } from './record-reader.js';

/**
 * The topic of the message at a position; undefined when the journal does not hold it any more, or cannot be read.
 * Reads its header and topic, not its body: its checksum is not looked at.
 */
export function topicAt(files: Files, journalDirectory: string, position: number): string | undefined {
  const records = new RecordReader(files, journalDirectory, Number.POSITIVE_INFINITY);
  try {
    const range = {
      positions: Float64Array.of(position),
      lengths: Uint32Array.of(RECORD_HEADER_BYTES + MAX_TOPIC_BYTES),
      count: 1,
    };
    const { bytes, view, start, end } = records.fetch(range, 0);
    const at = position - start;
    const topicFrom = at + RECORD_HEADER_BYTES;
    if (topicFrom > end || view.getFloat64(at + AT.position, true) !== position) return undefined;
    if (view.getUint8(at + AT.kind) !== RecordKind.DATA) return undefined;
    const topicTo = topicFrom + view.getUint16(at + AT.topicLength, true);
    return topicTo > end ? undefined : bytes.toString('utf8', topicFrom, topicTo);
  } catch {
    return undefined;
  } finally {
    records.close();
  }
}
