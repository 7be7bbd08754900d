// All faults, in the order in which a torture run has them.
import type { Fault } from '../harness/fault.js';
import { clockJump } from './clock-jump.js';
import { damage } from './damage.js';
import { crash, processCrash, stall } from './guilty-messages.js';
import { kill } from './kill.js';
import { malformed } from './malformed.js';
import { overload } from './overload.js';
import { sigterm } from './sigterm.js';
import { twoHubs } from './two-hubs.js';

export const FAULTS: readonly Fault[] = [
  kill,
  sigterm,
  crash,
  processCrash,
  stall,
  damage,
  twoHubs,
  clockJump,
  malformed,
  overload,
];
