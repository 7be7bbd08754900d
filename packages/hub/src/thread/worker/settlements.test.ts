// What a rewritten settle log goes on saying of deliveries that are under way.
import { expect, it } from 'vitest';
import { MemoryFiles } from '../../files/memory-files.js';
import { newQueue } from '../../queue/queue-shape.fixture.js';
import type { ThreadShared } from '../../queue/shared.js';
import { SettleLog } from '../../settlement/settle-log.js';
import type { PendingRetry } from '../../settlement/settle-record.js';
import { readSettledState } from '../../settlement/settled-state.js';
import { Settlements, type SettlementsParts } from './settlements.js';

const DIRECTORY = '/settled';

/** Bytes after which a log is rewritten, in records. */
const RECORDS_UNTIL_REWRITTEN = (1 << 20) / 40;

const delivery = (ordinal: number): PendingRetry => ({
  ordinal,
  attempt: 0,
  crashes: 0,
  delayMs: 0,
  failedAt: 1,
  firstAt: 1,
});

it('a delivery that was written down as begun is still known for it after its log was rewritten', () => {
  const files = new MemoryFiles();
  files.makeDirectory(DIRECTORY);
  const queue = newQueue({ threads: 1 });
  const settlements = new Settlements({
    queue,
    thread: queue.threads[0] as ThreadShared,
    claims: { publish: () => {} } as SettlementsParts['claims'],
    log: new SettleLog({ files, directory: DIRECTORY, name: 't0-1.log', queueNumber: 1 }),
    deadLetters: {} as SettlementsParts['deadLetters'],
    retries: [],
  });
  for (const ordinal of [3, 4, 5, 6]) settlements.start(delivery(ordinal));
  settlements.add(4, 7);
  settlements.left(delivery(5));
  settlements.retry({ ...delivery(6), attempt: 1 });
  for (let records = 0; records < RECORDS_UNTIL_REWRITTEN; records++) settlements.left(delivery(9));
  // What the cursor and the held lists say is settled.
  queue.cursor.set(3);
  settlements.flush();
  expect(files.size?.(`${DIRECTORY}/t0-1.log`) ?? 0).toBeLessThan(1 << 20);
  expect(readSettledState(files, DIRECTORY, 1).starts.map(({ ordinal }) => ordinal)).toEqual([3]);
});
