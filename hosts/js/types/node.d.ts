import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { App, Options, Source } from './index.js';

export { BadModule } from './index.js';
export type { App, Info, Level, Options, Source } from './index.js';

/** Loads an app. A string without a scheme is a path. */
export function load(source: Source | Promise<Source>, options?: Options): Promise<App>;

export interface ServeOptions {
    /** Default: PORT of the environment, else 3000. 0: any. */
    port?: number | string;
    /** Default: HOST of the environment, else every address. */
    hostname?: string;
    /** Milliseconds of silence of a WebSocket's client, who is pinged at half of it (default: 60000). */
    wsIdle?: number;
}

export interface Running {
    readonly server: HttpServer;
    readonly port: number;
    readonly hostname: string;
    readonly url: string;
    /** Stops: requests under way may finish within `grace` ms (default: 10000). */
    close(options?: { grace?: number }): Promise<void>;
}

/** Serves an app by node:http. WebSockets need the package `ws`. */
export function serve(app: App, options?: ServeOptions): Promise<Running>;

/** A listener for a server of your own. It serves requests, and no WebSockets. */
export function handler(app: App): (req: IncomingMessage, res: ServerResponse) => void;
