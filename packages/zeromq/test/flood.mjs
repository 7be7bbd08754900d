// A publisher that pushes as fast as it can until it is killed: node flood.mjs ENDPOINT
import { Push } from 'zeromq';

const push = new Push({ linger: 0 });
push.connect(process.argv[2]);
const body = Buffer.alloc(200, 'x');
for (;;) await push.send(['flood', body]);
