// What bin/hub.mjs runs first: `hub run` becomes a supervisor and loads little more than that; all else, and the hub
// that a supervisor starts, is the command line in main.ts.
import { linkToSupervisor } from './run/supervised/link.js';
import { thisInvocation, wantsSupervisor } from './run/supervisor/wanted.js';

if (wantsSupervisor(thisInvocation())) {
  const { supervise } = await import('./run/supervisor/supervise.js');
  await supervise();
} else {
  linkToSupervisor();
  await import('./main.js');
}
