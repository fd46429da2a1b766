import type { App, Options, Source } from './index.js';
import type { RunningServer, ServeOptions } from './serve.js';

export { BadModule } from './index.js';
export type { App, Info, Level, Options, Source } from './index.js';
export type { ServeOptions } from './serve.js';

/** Loads an app. A string without a scheme is a path. */
export function load(source: Source | Promise<Source>, options?: Options): Promise<App>;

/** What is used of Bun's Server. */
export interface BunServer {
    requestIP(request: Request): { address: string } | null;
    upgrade(request: Request, options?: object): boolean;
}

export interface Running extends RunningServer {
    /** The Server of Bun. */
    readonly server: { readonly pendingRequests: number; ref(): void; unref(): void };
}

/** Serves an app by Bun.serve. */
export function serve(app: App, options?: ServeOptions): Promise<Running>;

/** Options for a server of your own: Bun.serve({ port, tls, ...handler(app) }). */
export function handler(app: App, options?: { wsIdle: number }): {
    fetch(request: Request, server: BunServer): Response | undefined | Promise<Response | undefined>;
    websocket: object;
    maxRequestBodySize: number;
    idleTimeout: number;
    development: false;
    reusePort: false;
};
