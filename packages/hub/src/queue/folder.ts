// What a queue's folder tells by its place in the data directory: DATA/queues/<number>-<name>. Readers of its index files
// need the journal beside them only when one is damaged.

/** A queue's number, from its folder. */
export const queueNumberOf = (queueDirectory: string): number =>
  Number.parseInt(queueDirectory.slice(queueDirectory.lastIndexOf('/') + 1), 10);

/** The journal of the data directory that a queue's folder lies in. */
export const journalOf = (queueDirectory: string): string =>
  `${queueDirectory.split('/').slice(0, -2).join('/')}/journal`;
