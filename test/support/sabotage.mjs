// Switches a protection off in a process under test: a preload (`--import`) that changes the text of modules of ours as they
// are loaded with `import`: those of the main thread, since Piscina loads its own otherwise. `PENSTOCK_TEST_SABOTAGE` says what,
// as JSON: for each the end of the module's path, a text in it, and what is to stand there instead. A text that is not there
// ends the process: a control that switches nothing off any more is to be noticed.
import { register } from 'node:module';

register(import.meta.resolve('./sabotage-loader.mjs'), {
  data: JSON.parse(process.env.PENSTOCK_TEST_SABOTAGE ?? '[]'),
});
