// mocket/deno: an app behind Deno.serve.
export { BadModule } from './index.js';
export { load } from './deno/load.js';
export { handler, serve } from './deno/server.js';
