// A hub in a process of its own, that can be killed: started with a config, told what to do by messages.
import { createHub } from '@penstock/hub';

const hub = await createHub({ http: false, log: { level: 'silent' }, ...JSON.parse(process.argv[2]) });
await hub.start();
process.send({ ready: true });
process.on('message', async ({ call, method, values }) => {
  try {
    process.send({ call, result: await hub[method](...values) });
  } catch (error) {
    process.send({ call, error: `${error.code}: ${error.message}` });
  }
  if (method === 'stop') process.disconnect();
});
