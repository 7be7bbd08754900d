// A program that is killed: publishes numbers, one commit each, and writes down beside the data directory each one that
// was accepted. Arguments: data directory, file of the accepted numbers, how many; and `early` to write a number down
// before it is committed, which is wrong and has to be found out.
import { fsyncSync, openSync, writeSync } from 'node:fs';
import { Journal, LEFT } from './journal.mjs';

/** Messages after which what is too much is settled, and segments go. */
const SETTLE_EVERY = 4;

const [data, accepted, count, early] = process.argv.slice(2);
const notes = openSync(accepted, 'a');
const note = (number) => {
  writeSync(notes, `${number}\n`);
  fsyncSync(notes);
};

const journal = new Journal(data);
for (let number = 1; number <= Number(count); number++) {
  journal.publish(number);
  if (early === 'early') note(number);
  journal.commit();
  if (early !== 'early') note(number);
  if (number % SETTLE_EVERY !== 0) continue;
  for (const queue of journal.queues) queue.settle(LEFT);
  journal.reaper.reap();
}
