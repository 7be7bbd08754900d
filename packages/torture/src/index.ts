/**
 * What `hub torture` and the fault tests are made of: the oracle, a scratch project with a real hub, and the faults.
 *
 * @module @penstock/torture
 */

export { FAULTS } from './faults/all.js';
export { clockJump } from './faults/clock-jump.js';
export { damage, damageOf } from './faults/damage.js';
export { crash, processCrash, stall } from './faults/guilty-messages.js';
export { kill } from './faults/kill.js';
export { malformed } from './faults/malformed.js';
export { type OverloadOptions, overload, overloadOf } from './faults/overload.js';
export { sigterm } from './faults/sigterm.js';
export { twoHubs } from './faults/two-hubs.js';
export { evidenceOf } from './harness/evidence.js';
export type { Fault, Scene } from './harness/fault.js';
export { type Figure, Figures } from './harness/figures.js';
export { type HubCommand, killEveryHub, type ProcessEnd } from './harness/hub-process.js';
export { HubUnderTorture, type Victim } from './harness/hub-under-torture.js';
export { type LoadMessage, Producer, type ProducerOptions, type Way } from './harness/producer.js';
export { Round, type RoundOptions, type RoundResult } from './harness/round.js';
export {
  JUDGED,
  type ScratchConsumer,
  type ScratchConsumers,
  ScratchProject,
  type ScratchSettings,
} from './harness/scratch-project.js';
export { ControlWay, RouterWay } from './harness/ways.js';
export { bodyOf, checksumOf, idOf, keyOf, type MessageName, nameOf } from './oracle/message.js';
export { type Delivery, type Ending, monotonicMs, Notes, readAccepted, readDeliveries } from './oracle/notes.js';
export { type ConsumerEvidence, type Evidence, judge, type Verdict, type Violation } from './oracle/oracle.js';
export { anySeed, Random } from './random.js';
export { MOST_FOLDER_BYTES, type Standing, type TortureOptions, torture } from './torture.js';
