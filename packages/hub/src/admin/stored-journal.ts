// The journal of a data directory as it lies in its files, for the `hub` command, which is on the same machine: what
// it reads there costs the hub nothing.
import { join } from 'node:path';
import { readHubFile } from '../files/hub-file.js';
import { NodeFiles } from '../files/node-files.js';
import { JournalFollower } from '../journal/journal-follower.js';
import type { Message } from '../message.js';
import { DeliveredMessage } from '../thread/worker/delivered-message.js';

/** A message in the journal, valid until the next one is read. Everything is decoded on first use. */
export type StoredMessage = Omit<Message, 'attempt'>;

/** What is come upon in a journal, in the order of positions. */
export type Stored =
  | { readonly kind: 'message'; readonly message: StoredMessage }
  /** What lay between two positions was removed before it was read, or is damaged. */
  | { readonly kind: 'unseen'; readonly from: number; readonly to: number };

export class StoredJournal {
  /** Which journal it is; the first part of the ids of messages that brought none. */
  readonly hubId: string;
  /** Says where it goes on, and can be told. */
  readonly follower: JournalFollower;

  private constructor(hubId: string, follower: JournalFollower) {
    this.hubId = hubId;
    this.follower = follower;
  }

  /**
   * Opens the journal of a data directory, whether or not a hub runs on it.
   *
   * @returns Undefined when there is none.
   * @throws DATA_DIR_UNUSABLE when it may not be read; DATA_DAMAGED, DATA_FORMAT_UNSUPPORTED.
   */
  static open(dataDir: string): StoredJournal | undefined {
    const files = new NodeFiles({ durable: false });
    const hub = readHubFile(files, dataDir);
    return hub && new StoredJournal(hub.hubId, new JournalFollower(files, join(dataDir, 'journal')));
  }

  /**
   * Yields what there is from where the follower stands.
   *
   * @param end The committed position; by default, all that the files hold is read.
   */
  *read(end?: number): Generator<Stored, void> {
    for (const each of this.follower.read(end)) {
      if (each.kind === 'unseen') {
        yield each;
        continue;
      }
      const { bytes, view, at } = each.record;
      yield { kind: 'message', message: new DeliveredMessage(this.hubId, bytes, view, at, 1) };
    }
  }
}
