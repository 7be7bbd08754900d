// What `hub torture` shows while it runs, on standard error: on a terminal the table of all faults, redrawn in place; into a
// pipe a line whenever a fault's turn is over.
import type { Standing } from '@penstock/torture';
import { createReport } from '../report.js';
import { lookOf, type OutputStream } from '../table/look.js';
import { renderStandings, standingLine } from './render-standings.js';

const CLEAR_BELOW = '\x1b[J';

export interface LiveStandings {
  show(standings: readonly Standing[]): void;
  /** Takes off a terminal what was shown; what is printed at the end stands in its place. */
  end(): void;
}

/** @param stream Where it is shown. */
export function liveStandings(stream: OutputStream & { write(text: string): unknown }): LiveStandings {
  return stream.isTTY === true ? redrawn(stream) : told();
}

function redrawn(stream: OutputStream & { write(text: string): unknown }): LiveStandings {
  let height = 0;
  const up = () => (height === 0 ? '\r' : `\x1b[${height}A\r`);
  return {
    show(standings) {
      const lines = renderStandings(standings, lookOf(stream));
      stream.write(`${up()}${CLEAR_BELOW}${lines.join('\n')}\n`);
      height = lines.length;
    },
    end() {
      stream.write(`${up()}${CLEAR_BELOW}`);
      height = 0;
    },
  };
}

function told(): LiveStandings {
  const report = createReport('text');
  let running: string | undefined;
  return {
    show(standings) {
      const now = standings.find(({ state }) => state === 'running')?.fault;
      const over = standings.find(({ fault }) => fault === running);
      if (over !== undefined && running !== now) report.info(standingLine(over));
      running = now;
    },
    end() {},
  };
}
