// What programs that only send import, as `@penstock/zeromq/sender`.

export { endpointProblem } from '../endpoint.js';
export { MAX_REQUEST_ID_BYTES } from '../router-request.js';
export { AcknowledgedSender } from './acknowledged-sender.js';
export { PushSender } from './push-sender.js';
export type { Sender, SenderOptions, SentMessage } from './sender.js';
