// `hub publish` as it stands on the command line.
import { type Command, Option } from 'commander';
import type { Declare } from '../command/declare.js';
import { withNotes } from '../command/notes.js';
import { configOption, dataDirOption, jsonOption, numberParser } from '../command/options.js';
import { parseHeader, parseId, parseTopic } from './message-options.js';
import type { PublishOptions } from './publish.js';

const COUNT = { min: 1, max: 1_000_000_000 } as const;
const RATE = { min: 0.001, max: 1_000_000 } as const;
const TIMEOUT_SECONDS = { default: 10, min: 0.1, max: 3_600 } as const;

export const declarePublish: Declare = (program, end) => {
  const command = program
    .command('publish')
    .description('Publish messages to a running hub, or to a ZeroMQ endpoint.')
    .argument('<topic>', 'the topic', parseTopic)
    .argument('[body]', 'the body; - reads it from standard input; empty when left out')
    .addOption(configOption())
    .addOption(dataDirOption())
    .addOption(new Option('--header <name=value>', 'a header; may be given several times').argParser(parseHeader))
    .addOption(
      new Option('--id <id>', "the message's id; with --count or --lines each gets its number behind it").argParser(
        parseId,
      ),
    )
    .option('--lines', 'publish each line of standard input as a message')
    .addOption(
      new Option('-n, --count <count>', 'publish it so many times').argParser(numberParser('messages', COUNT, true)),
    )
    .addOption(
      new Option('--rate <rate>', 'publish so many messages a second; as fast as it goes without').argParser(
        numberParser('messages a second', RATE),
      ),
    )
    .option('--to <endpoint>', 'push to a ZeroMQ endpoint, such as tcp://127.0.0.1:9940, instead of a running hub')
    .option('--acknowledged', 'with --to: to a ROUTER socket of a hub, which answers what is committed')
    .addOption(
      new Option('--timeout <seconds>', 'how long the other end may take to be there, to answer, or to have room')
        .default(TIMEOUT_SECONDS.default)
        .argParser(numberParser('seconds', TIMEOUT_SECONDS)),
    )
    .addOption(jsonOption('print one JSON object instead of a line'))
    .action(async (topic: string, body: string | undefined, _options, command: Command) => {
      const { publish } = await import('./publish.js');
      end(await publish(topic, body, command.optsWithGlobals<PublishOptions>()));
    });
  withNotes(command, {
    text: [
      'It ends when the hub has committed the messages, and prints where they lie in the journal. What is pushed to a ZeroMQ endpoint gets no answer: it ends when the messages have left. With --acknowledged, what is not answered within two seconds is sent again under the same id.',
      'While a queue that the messages go into, or the data directory, is full, it waits, and goes on when there is room; after --timeout without any it ends, and says what is full.',
      'Ctrl-C ends it after the messages that are under way, or two seconds later, says how many were published, and gives exit code 130.',
    ],
    examples: [
      ['hub publish orders.paid \'{"order":17}\'', 'one message'],
      ['hub publish images.new - --header type=image/png < a.png', 'the body from a file, with a header'],
      ['hub publish load.test x --count 100000 --rate 5000', 'load, at 5,000 messages a second'],
      ['tail -f app.log | hub publish app.log --lines', 'a message for each line'],
      ['hub publish orders.paid x --to tcp://127.0.0.1:9940', 'to whatever pulls there'],
    ],
  });
};
