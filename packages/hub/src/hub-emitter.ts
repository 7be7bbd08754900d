// The hub's events for its program. A listener that throws is the program's fault, and must not end whatever the
// hub was doing when it told of the event: commits, or starting a thread again.
import { EventEmitter } from 'eventemitter3';
import type { Logger } from './consumer-context.js';
import { toErrorData } from './errors.js';
import type { HubEvents } from './events.js';

export class HubEmitter {
  readonly #emitter = new EventEmitter<HubEvents>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  on<Name extends keyof HubEvents>(name: Name, listener: HubEvents[Name]): void {
    this.#emitter.on(name, listener as never);
  }

  off<Name extends keyof HubEvents>(name: Name, listener: HubEvents[Name]): void {
    this.#emitter.off(name, listener as never);
  }

  emit<Name extends keyof HubEvents>(name: Name, ...event: Parameters<HubEvents[Name]>): void {
    try {
      this.#emitter.emit(name, ...(event as never));
    } catch (thrown) {
      const { message, stack } = toErrorData(thrown);
      this.#log.error(`a listener of the event "${name}" threw: ${message}`, { stack });
    }
  }
}
