// mocket/node: an app behind node:http.
export { BadModule } from './index.js';
export { load } from './node/load.js';
export { handler, serve } from './node/server.js';
