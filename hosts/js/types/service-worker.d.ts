import type { Options } from './index.js';

/** What `passthrough` is asked about: a Request, or the handshake of a WebSocket. */
export type Asked = Pick<Request, 'method' | 'url' | 'headers'> & { readonly mode: RequestMode | 'websocket' };

export interface WorkerOptions {
    /** The SHA-256 of the module, in hexadecimal. Another hash is another version of the app. */
    hash: string;
    /** The app answers nothing outside of it (default: the scope of the registration). */
    scope?: string | URL;
    /** The path below which the app lies: it is removed from the target that the app sees, and put in front of its
     * redirects (default: the path of `scope`). */
    base?: string;
    /** The browser's caches of this app are named by it and the hash (default: mocket and the path of `scope`). */
    cacheName?: string;
    /** What goes to the network: paths, relative to `scope`, that are exact or end with /; or a function (default:
     * nothing). */
    passthrough?: string[] | ((request: Asked) => boolean);
    /** GET and HEAD that the app answers with 404 go to the network; offline the app's 404 stands (default: false). */
    fallThrough?: boolean;
    /** URL of the page's script (default: the package's page.js). */
    page?: string | URL;
    /** HTML pages of the app get the page's script (default: true). */
    shim?: boolean;
    /** Options of the app, as for `load`. */
    app?: Options;
}

/** Serves an app in a service worker. Call it while the worker's script is evaluated. module: URL of the wasm file. */
export function serve(module: string | URL, options: WorkerOptions): void;
