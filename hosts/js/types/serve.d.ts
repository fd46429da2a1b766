/** Options of `serve`, in every entry that has one. */
export interface ServeOptions {
    /** Default: PORT of the environment, else 3000. 0: any. */
    port?: number | string;
    /** Default: HOST of the environment, else every address. */
    hostname?: string;
    /** Milliseconds of silence of a WebSocket's client, who is pinged at half of it (default: 60000). */
    wsIdle?: number;
}

/** What `serve` answers, beside the platform's own server. */
export interface RunningServer {
    readonly port: number;
    readonly hostname: string;
    readonly url: string;
    /** Stops: requests under way may finish within `grace` ms (default: 10000). */
    close(options?: { grace?: number }): Promise<void>;
}
