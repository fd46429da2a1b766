// mocket/workerd, also mocket/cloudflare: an app as a Worker, whose sockets live in a Durable Object.
export { BadModule } from './module.js';
export { socketObject } from './workerd/object.js';
export { worker } from './workerd/worker.js';
