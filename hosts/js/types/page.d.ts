/** Runs in a page: its `WebSocket` reaches the app in the service worker. There is nothing to import. */
export {};
