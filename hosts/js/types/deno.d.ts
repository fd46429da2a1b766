import type { App, Options, Source } from './index.js';
import type { RunningServer, ServeOptions } from './serve.js';

export { BadModule } from './index.js';
export type { App, Info, Level, Options, Source } from './index.js';
export type { ServeOptions } from './serve.js';

/** Loads an app. A string without a scheme is a path. */
export function load(source: Source | Promise<Source>, options?: Options): Promise<App>;

/** What is used of Deno.ServeHandlerInfo. */
export interface HandlerInfo {
    readonly remoteAddr: unknown;
}

export interface Running extends RunningServer {
    /** The Deno.HttpServer. */
    readonly server: { readonly finished: Promise<void>; ref(): void; unref(): void };
}

/** Serves an app by Deno.serve. */
export function serve(app: App, options?: ServeOptions): Promise<Running>;

/** A handler for a server of your own: Deno.serve({ cert, key }, handler(app)). */
export function handler(app: App, options?: { wsIdle: number }):
    (request: Request, info: HandlerInfo) => Response | Promise<Response>;
