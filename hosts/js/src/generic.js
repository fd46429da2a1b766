// mocket/generic: an app for any server that speaks Request and Response. WebSockets are missing: handshakes get 501.
export { BadModule, load } from './index.js';
