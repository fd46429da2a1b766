// Serves app.wasm as a Worker of Cloudflare's, or in workerd. README.md says how to start it and what the options are.
import * as cloudflare from 'cloudflare:workers';
import app from './app.wasm';
import { socketObject, worker } from './mocket/workerd.js';

const options = {
    // allowNet: ['example.com'],
    // env: { NAME: 'value' }, envNames: ['NAME_OF_A_BINDING'],
};

export const MocketSockets = socketObject(cloudflare, app, options); //? sockets
export default worker(cloudflare, app, options);
