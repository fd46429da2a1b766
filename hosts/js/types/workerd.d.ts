import type { Options } from './index.js';

export { BadModule } from './index.js';
export type { Level, Options } from './index.js';

/** What is used of the module `cloudflare:workers`. */
export interface Cloudflare {
    DurableObject: abstract new (context: never, bindings: never) => object;
    waitUntil(promise: Promise<unknown>): void;
}

export interface WorkerOptions extends Omit<Options, 'queue'> {
    /** Text bindings (variables and secrets) that the app gets as environment variables of the same names
     * (default: none). */
    envNames?: string[];
}

export interface ObjectOptions extends WorkerOptions {
    /** Handshakes that may wait for an instance; more are answered 503 (default: 1024). */
    queue?: number;
}

/** The Worker, for `export default`. Handshakes go to the Durable Object that it has as `MOCKET`. */
export function worker(cloudflare: Cloudflare, module: WebAssembly.Module, options?: WorkerOptions): {
    fetch(request: Request, bindings: Record<string, unknown>): Response | Promise<Response>;
};

/** The class of the Durable Object that holds the sockets of the app. */
export function socketObject(cloudflare: Cloudflare, module: WebAssembly.Module, options?: ObjectOptions):
    new (context: never, bindings: never) => { fetch(request: Request): Response | Promise<Response> };
