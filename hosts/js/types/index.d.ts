/** What a guest is loaded from. A string is a URL. */
export type Source = WebAssembly.Module | ArrayBuffer | ArrayBufferView | URL | string | Response;

export type Level = 'error' | 'warn' | 'info' | 'debug';

export interface Options {
    /** Instances of the app at once (default: 256). */
    maxInstances?: number;
    /** How often an instance is used; the stricter of this and what the app asks for holds. */
    reuse?: 'none' | 'serial' | 'concurrent';
    /** Requests that may wait for an instance; more are answered 503 (default: 1024). */
    queue?: number;
    /** WebSockets at once (default: 10000). */
    maxSockets?: number;
    /** WebSockets of one instance (default: 1024). */
    socketsEach?: number;
    /** Bytes of a request body (default: what the app asks for, else 1 MiB). The smaller of this and what the app asks
     * for holds. */
    maxBody?: number;
    /** Bytes of a message of a WebSocket's client (default: what the app asks for, else 1 MiB). The smaller of this and
     * what the app asks for holds. */
    maxMessage?: number;
    /** Bytes that the host holds for instances, requests, answers, messages and outgoing requests together (default:
     * 256 MiB; on Node three quarters of the machine's memory). More is refused: requests with 503, WebSockets with
     * 1013. */
    maxMemoryTotal?: number;
    /** Milliseconds until an answer begins, then of silence; Infinity: no limit (default: 30000). */
    timeout?: number;
    /** Milliseconds for a request body; each KiB that came adds a second (default: as timeout, at most 30000). */
    bodyTimeout?: number;
    /** Environment variables of the app (default: none). */
    env?: Record<string, string>;
    /** Arguments of the app (default: app.wasm). */
    args?: string[];
    /** Servers that the app may send requests to: example.com, *.example.com, 10.0.0.0/8, [::1], localhost or all, each
     * with :PORT behind it for one port (default: none). */
    allowNet?: string[];
    /** Networks of proxies, whose Forwarded or X-Forwarded-For and -Proto tell the client's address and scheme:
     * 10.0.0.0/8, ::1, unix (default: none). */
    trustedProxy?: string[];
    /** Receives each log line, escaped (default: console.error). */
    log?: (level: Level, line: string) => void;
}

/** What an entry knows of a request. */
export interface Info {
    /** The client's address. */
    peer?: string;
}

export interface App {
    /** Answers a request. */
    fetch(request: Request, info?: Info): Response | Promise<Response>;
    /** Ends the app: requests under way may finish within `grace` ms, sockets are closed with 1001. */
    close(options?: { grace?: number }): Promise<void>;
    readonly hasSockets: boolean;
}

/** Thrown by `load` when the file is not a Mocket app that this engine can run; the message says why. */
export class BadModule extends TypeError {}

/** Loads an app. */
export function load(source: Source | Promise<Source>, options?: Options): Promise<App>;
