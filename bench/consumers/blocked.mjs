// Takes its first message and never finishes it, so that a backlog stays as it is while its consumer runs.
import { Consumer } from '@penstock/hub';
import { TOPIC_PATTERN } from '../traffic/messages.mjs';

export default class Blocked extends Consumer {
  static topics = [TOPIC_PATTERN];

  consume() {
    return new Promise(() => {});
  }
}
