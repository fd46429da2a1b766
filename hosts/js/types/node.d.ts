import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { App, Options, Source } from './index.js';
import type { RunningServer, ServeOptions } from './serve.js';

export { BadModule } from './index.js';
export type { App, Info, Level, Options, Source } from './index.js';
export type { ServeOptions } from './serve.js';

export interface NodeOptions extends Options {
    /** KiB of the stack of each handler that waits, 64 to 984 (default: 64). The first `load` sets it for the whole
     * process. */
    stackKiB?: number;
}

/** Loads an app. A string without a scheme is a path. */
export function load(source: Source | Promise<Source>, options?: NodeOptions): Promise<App>;

/** A server that runs. */
export interface Running extends RunningServer {
    readonly server: HttpServer;
}

export interface NodeServeOptions extends ServeOptions {
    /** Connections of one address (IPv6: of a /64), except trusted proxies and Unix sockets; more get 503 (default: no
     * limit). */
    maxPerAddress?: number;
}

/** Serves an app by node:http. WebSockets need the package `ws`. */
export function serve(app: App, options?: NodeServeOptions): Promise<Running>;

/** A listener for a server of your own. It serves requests, and no WebSockets. */
export function handler(app: App): (req: IncomingMessage, res: ServerResponse) => void;
