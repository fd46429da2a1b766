// Serves an app inside a service worker: the requests of the pages that it controls, offline too.
//
//     serve('app.wasm', { hash: '<SHA-256 of app.wasm>' });
//
// The hash makes the bytes of this script change with the app: browsers look for updates in the script alone.
import { Worker } from './service-worker/worker.js';

export function serve(module, options) {
    const worker = new Worker(module, options);
    self.addEventListener('install', (event) => event.waitUntil(worker.install()));
    self.addEventListener('activate', (event) => event.waitUntil(worker.activate()));
    self.addEventListener('fetch', (event) => worker.fetch(event));
    self.addEventListener('message', (event) => worker.message(event));
}
