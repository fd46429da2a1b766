// The service worker: its events, and the app behind them.
//
// A browser ends a worker that has had nothing to do for some seconds, and starts it again for the next event. The
// app's memory is lost then, and so are its sockets. The app is loaded by the first event that needs it.
//
// A new version (another hash) is installed beside the old one and takes its place at once, pages included. An app
// that does not start is never installed: the old one stays.
import { allParts } from '../all-parts.js';
import { App } from '../app.js';
import { compile } from '../compile.js';
import { refusal, respondTo } from '../web.js';
import { failure } from './failure.js';
import { readWorkerOptions } from './options.js';
import { Place } from './place.js';
import { withShim } from './shim.js';
import { Sockets } from './sockets.js';
import { Store } from './store.js';

export class Worker {
    // Errors of the options come out when the worker is installed: a page sees no error of a script.
    constructor(module, given) {
        this.problem = null;
        this.app = null; // a promise
        try {
            this.begin(module, readWorkerOptions(given));
        } catch (reason) {
            this.problem = reason;
        }
    }

    begin(module, options) {
        const here = self.location.href;
        this.options = options;
        this.place = new Place(options, self.registration.scope);
        this.store = new Store(options.cacheName ?? `mocket ${this.place.scope.pathname}`, options.hash,
            { module: new URL(module, here).href, page: new URL(options.page, here).href });
        this.sockets = new Sockets((request, accept) => this.open(request, accept));
    }

    // ---- Life ----

    async install() {
        try {
            if (this.problem !== null)
                throw this.problem;
            await this.fill();
            await self.skipWaiting();
        } catch (reason) {
            await tellPages({ mocket: 'failed', error: String(reason?.message ?? reason) });
            throw reason;
        }
    }

    async fill() {
        const isNew = !await caches.has(this.store.name);
        try {
            await this.store.fill();
            await this.ready();
        } catch (reason) {
            if (isNew)
                await this.store.delete();
            throw reason;
        }
    }

    async activate() {
        await this.store.deleteOthers();
        await self.clients.claim();
    }

    ready() {
        this.app ??= this.load().catch((reason) => {
            this.app = null; // the next request tries again
            throw reason;
        });
        return this.app;
    }

    async load() {
        return new App(await compile(this.store.module()), this.options.app, allParts);
    }

    // ---- Requests ----

    fetch(event) {
        const { request } = event;
        if (this.problem !== null)
            return;
        if (request.url === this.store.files.page)
            event.respondWith(this.store.page());
        else if (this.place.has(request))
            event.respondWith(this.answer(request));
    }

    async answer(request) {
        let response;
        try {
            response = await this.ask(request);
        } catch (reason) {
            return failure(request, reason);
        }
        if (response.status === 404 && this.options.fallThrough && /^(?:GET|HEAD)$/.test(request.method))
            return this.fallThrough(request, response);
        return this.options.shim ? withShim(request, response, this.store.files.page) : response;
    }

    async ask(request) {
        const app = await this.ready();
        return this.place.outer(await respondTo(app, await this.view(request), {}));
    }

    // The part of a request that respondTo reads: a Request that navigates cannot be made anew with another URL.
    async view(request) {
        const { method, headers, signal } = request;
        // Firefox has no request.body.
        const body = request.body !== undefined ? request.body : new Response(await request.arrayBuffer()).body;
        return { method, url: this.place.inner(request.url), headers, signal, body };
    }

    // Without a network the app's own 404 stands.
    async fallThrough(request, own) {
        try {
            const response = await fetch(request);
            own.body?.cancel();
            return response;
        } catch {
            return own;
        }
    }

    // ---- Sockets ----

    message(event) {
        const { data, ports: [port] } = event;
        if (this.problem !== null || port === undefined)
            return;
        if (data?.mocket === 'open')
            event.waitUntil(this.sockets.open(data, port, event));
        else if (data?.mocket === 'ping')
            event.waitUntil(this.sockets.ping(port));
    }

    // A handshake. The answer of an app that refuses it; null: the handshake is for the network.
    async open(request, accept) {
        if (!this.place.has(request))
            return null;
        const app = await this.ready();
        if (!app.hasSockets)
            return this.options.fallThrough ? null : refusal(501);
        const response = await respondTo(app, { ...request, url: this.place.inner(request.url) },
            { accept, vouched: true });
        return response.status === 404 && this.options.fallThrough ? null : response;
    }
}

async function tellPages(message) {
    for (const client of await self.clients.matchAll({ includeUncontrolled: true }))
        client.postMessage(message);
}
