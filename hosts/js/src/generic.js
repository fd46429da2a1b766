// mocket/generic: an app for any server that speaks Request and Response. It has no WebSockets: handshakes get 501.
export { BadModule, load } from './index.js';
