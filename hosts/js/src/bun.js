// mocket/bun: an app behind Bun.serve.
export { BadModule } from './index.js';
export { load } from './bun/load.js';
export { handler, serve } from './bun/server.js';
