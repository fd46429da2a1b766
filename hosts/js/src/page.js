// The page's side of a service worker that runs an app (src/service-worker/). A classic script: it must run before the
// scripts of the page. It works as a module too.
//
// - `WebSocket` to the page's own host reaches the app by a MessagePort; the messages are listed in
//   service-worker/sockets.js. A socket that the worker leaves to the network becomes a WebSocket of the browser.
// - <script src="mocket/page.js" data-worker="sw.js"></script> registers a worker too, and loads the page again when
//   the app answers for it. Errors are shown in the page.
//
//     CONNECTING -> OPEN -> CLOSING -> CLOSED     (readyState; `native` is set when the network has it)
(() => {
    const CONNECTING = 0, OPEN = 1, CLOSING = 2, CLOSED = 3;
    const ASK_MS = 10000; // a worker that hears nothing for 30 s is ended by the browser
    const ANSWER_MS = 5000, OPEN_MS = 30000;
    const NO_STATUS = 1005, ABNORMAL = 1006, LEAVING = 1001, RESTARTED = 1012;
    const REASON_MAX = 123;
    const Native = globalThis.WebSocket, container = navigator.serviceWorker;
    const sockets = new Set(); // of the worker
    let asking = null;

    const failure = (name, text) => new DOMException(text, name);
    const sizeOf = (data) => data.byteLength ?? data.size ?? new TextEncoder().encode(data).length;

    // Web IDL's [Clamp] unsigned short: numbers are rounded, a half to the even one.
    function shortOf(value) {
        const number = Math.min(Math.max(Number(value), 0), 65535) || 0;
        return number + 2 ** 52 - 2 ** 52;
    }

    function urlOf(text) {
        const base = location.href;
        if (!URL.canParse(text, base))
            throw failure('SyntaxError', `Failed to construct 'WebSocket': The URL '${text}' is invalid.`);
        const url = new URL(text, base);
        url.protocol = url.protocol.replace(/^http/, 'ws');
        if (!/^wss?:$/.test(url.protocol))
            throw failure('SyntaxError', `Failed to construct 'WebSocket': The URL's scheme must be 'http', 'https', ` +
                `'ws', or 'wss'. '${url.protocol.slice(0, -1)}' is not allowed.`);
        if (/#/.test(url.href))
            throw failure('SyntaxError', `Failed to construct 'WebSocket': The URL contains a fragment identifier.`);
        return url;
    }

    function protocolsOf(given) {
        const list = (Array.isArray(given) ? given : [given]).map(String);
        if (new Set(list).size < list.length || !list.every((name) => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)))
            throw failure('SyntaxError', `Failed to construct 'WebSocket': The subprotocols '${list}' are not valid.`);
        return list;
    }

    // ---- Is the worker still the same? ----

    function ask() {
        const { port1, port2 } = new MessageChannel();
        const lost = (life) => {
            clearTimeout(late);
            port1.close(); // the browser keeps an open port for good
            for (const socket of [...sockets])
                if (socket.life !== null && socket.life !== life)
                    socket.finish(ABNORMAL, '', false);
        };
        const late = setTimeout(() => lost(undefined), ANSWER_MS);
        port1.onmessage = ({ data }) => lost(data);
        container.controller?.postMessage({ mocket: 'ping' }, [port2]);
    }

    function add(socket) {
        sockets.add(socket);
        asking ??= setInterval(ask, ASK_MS);
    }

    function remove(socket) {
        sockets.delete(socket);
        if (sockets.size > 0)
            return;
        clearInterval(asking);
        asking = null;
    }

    class PageSocket extends EventTarget {
        #listeners = {};

        constructor(url, protocols) {
            super();
            this.url = url.href;
            this.readyState = CONNECTING;
            this.protocol = '';
            this.extensions = '';
            this.binaryType = 'blob';
            this.life = null; // of the worker that has the socket
            this.native = null;
            this.unsent = 0;
            this.sending = null; // a promise, while the bytes of a Blob are read
            this.timer = setTimeout(() => this.fail(), OPEN_MS);
            const { port1, port2 } = new MessageChannel();
            this.port = port1;
            port1.onmessage = ({ data }) => this.hear(data, protocols);
            container.controller.postMessage({ mocket: 'open', url: this.url, protocols }, [port2]);
            add(this);
        }

        get bufferedAmount() {
            return this.native?.bufferedAmount ?? this.unsent;
        }

        // ---- Messages of the worker ----

        hear(message, protocols) {
            if (message.network)
                this.useNetwork(protocols);
            else if (message.open !== undefined)
                this.opened(message);
            else if (message.refused !== undefined)
                this.fail();
            else if (message.close !== undefined)
                this.finish(message.close, message.reason, message.close !== ABNORMAL);
            else if (message.taken !== undefined)
                this.unsent -= message.taken;
            else
                this.receive(message.data);
        }

        opened({ open, life }) {
            this.life = life;
            this.protocol = open;
            if (this.readyState !== CONNECTING)
                return this.port.postMessage({ close: ABNORMAL, reason: '' });
            clearTimeout(this.timer);
            this.readyState = OPEN;
            this.dispatchEvent(new Event('open'));
        }

        receive(data) {
            this.port.postMessage({ taken: typeof data === 'string' ? data.length : data.byteLength });
            if (this.readyState !== OPEN)
                return;
            const given = typeof data !== 'string' && this.binaryType === 'blob' ? new Blob([data]) : data;
            this.dispatchEvent(new MessageEvent('message', { data: given, origin: new URL(this.url).origin }));
        }

        fail() {
            if (this.readyState === CLOSED)
                return;
            this.dispatchEvent(new Event('error'));
            this.finish(ABNORMAL, '', false);
        }

        finish(code, reason, wasClean) {
            if (this.readyState === CLOSED)
                return;
            this.readyState = CLOSED;
            clearTimeout(this.timer);
            remove(this);
            this.port.close();
            this.dispatchEvent(new CloseEvent('close', { code, reason, wasClean }));
        }

        // ---- Calls of the page ----

        send(data) {
            if (this.readyState === CONNECTING)
                throw failure('InvalidStateError', `Failed to execute 'send' on 'WebSocket': still CONNECTING.`);
            if (this.native)
                return this.native.send(data);
            const isBytes = data instanceof Blob || data instanceof ArrayBuffer || ArrayBuffer.isView(data);
            const sent = isBytes ? data : String(data).toWellFormed();
            this.unsent += sizeOf(sent);
            if (this.readyState === OPEN)
                this.post(sent);
        }

        // Messages keep their order: behind a Blob they wait for its bytes.
        post(data) {
            const now = (bytes) => this.port.postMessage({ data: bytes });
            const copy = ArrayBuffer.isView(data)
                ? data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) : data;
            if (this.sending === null && !(data instanceof Blob))
                return now(copy);
            const bytes = data instanceof Blob ? data.arrayBuffer() : copy;
            const mine = Promise.resolve(this.sending).then(() => bytes).then(now).finally(() => {
                if (this.sending === mine)
                    this.sending = null;
            });
            this.sending = mine;
        }

        close(given, text = '') {
            const code = given === undefined ? undefined : shortOf(given), reason = String(text).toWellFormed();
            if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999))
                throw failure('InvalidAccessError', `Failed to execute 'close' on 'WebSocket': the code ${code} is ` +
                    'neither 1000 nor between 3000 and 4999.');
            if (sizeOf(reason) > REASON_MAX)
                throw failure('SyntaxError', `Failed to execute 'close' on 'WebSocket': the reason has more than ` +
                    `${REASON_MAX} bytes.`);
            if (this.native)
                this.native.close(code, reason);
            else if (this.readyState < CLOSING)
                this.beginClose(code ?? NO_STATUS, code === undefined ? '' : reason);
        }

        beginClose(code, reason) {
            const wasOpen = this.readyState === OPEN;
            this.readyState = CLOSING;
            if (!wasOpen) {
                setTimeout(() => this.fail());
                return;
            }
            const bye = () => this.port.postMessage({ close: code, reason });
            if (this.sending === null)
                bye();
            else
                this.sending.finally(bye);
            this.timer = setTimeout(() => this.finish(ABNORMAL, '', false), ANSWER_MS);
        }

        // The page goes, perhaps into the browser's cache of pages.
        leave() {
            if (this.readyState < CLOSING)
                this.port.postMessage({ close: LEAVING, reason: '' });
        }

        // ---- A socket of the network's ----

        useNetwork(protocols) {
            clearTimeout(this.timer);
            remove(this);
            this.port.close();
            if (this.readyState !== CONNECTING)
                return;
            const native = this.native = new Native(this.url, protocols);
            native.binaryType = 'arraybuffer';
            native.onopen = () => {
                Object.assign(this, { readyState: OPEN, protocol: native.protocol, extensions: native.extensions });
                this.dispatchEvent(new Event('open'));
            };
            native.onmessage = ({ data, origin }) => {
                const given = typeof data !== 'string' && this.binaryType === 'blob' ? new Blob([data]) : data;
                this.dispatchEvent(new MessageEvent('message', { data: given, origin }));
            };
            native.onerror = () => this.dispatchEvent(new Event('error'));
            native.onclose = ({ code, reason, wasClean }) => {
                this.readyState = CLOSED;
                this.dispatchEvent(new CloseEvent('close', { code, reason, wasClean }));
            };
        }

        // ---- onopen and the like ----

        static handler(name) {
            Object.defineProperty(PageSocket.prototype, `on${name}`, {
                get() { return this.#listeners[name] ?? null; },
                set(listener) {
                    this.removeEventListener(name, this.#listeners[name]);
                    this.#listeners[name] = typeof listener === 'function' ? listener : null;
                    this.addEventListener(name, this.#listeners[name]);
                },
            });
        }
    }
    for (const name of ['open', 'message', 'error', 'close'])
        PageSocket.handler(name);
    for (const place of [PageSocket, PageSocket.prototype])
        Object.assign(place, { CONNECTING, OPEN, CLOSING, CLOSED });

    // ---- The registration of a worker ----

    // The start page (bundles/service-worker/index.html) has a place for it; a page of the app is left alone.
    function show(text) {
        const place = document.getElementById('mocket-start');
        if (place === null)
            return console.error(`mocket: ${text}`);
        document.title = 'The app did not start';
        place.textContent = `${document.title}: ${text}`;
    }

    function missing() {
        if (container)
            return null;
        return isSecureContext ? 'this browser has no service workers here (navigator.serviceWorker is missing). ' +
            'Private windows and some settings take them away.'
            : `browsers run service workers for https: and http://localhost only. This page is ${location.origin}/.`;
    }

    // The app answers for the start page as soon as the worker controls it.
    function reload() {
        if (document.getElementById('mocket-start') !== null)
            location.reload();
    }

    // The worker may be there already: the page was loaded past it, or the app leaves it to the network.
    function arrive(registration) {
        if (!location.href.startsWith(registration.scope))
            show(`the app answers below ${registration.scope}, and this page is ${location.href}.`);
        else if (container.controller !== null)
            show(`the app leaves ${location.pathname} to the network.`);
        else if (registration.active !== null)
            reload();
    }

    function register(script) {
        const lack = missing();
        if (lack !== null)
            return show(lack);
        let failed = false;
        container.addEventListener('controllerchange', reload);
        container.addEventListener('message', ({ data }) => {
            if (data?.mocket === 'failed') {
                failed = true;
                show(data.error);
            }
        });
        container.startMessages();
        const fail = (reason) => failed || show(`${script} cannot be registered: ${reason.message}`);
        return container.register(script, { type: 'module', updateViaCache: 'none' }).then(arrive, fail);
    }

    // ---- Begin ----

    const worker = document.currentScript?.dataset.worker;
    if (worker !== undefined)
        register(worker);
    if (!container)
        return;
    // Another version of the app is there: it knows none of the sockets.
    container.addEventListener('controllerchange', () => {
        for (const socket of [...sockets])
            socket.finish(RESTARTED, '', false);
    });
    addEventListener('pagehide', () => {
        for (const socket of sockets)
            socket.leave();
    });
    addEventListener('pageshow', ({ persisted }) => {
        for (const socket of persisted ? [...sockets] : [])
            socket.finish(ABNORMAL, '', false);
    });
    const isSocket = (value) => value instanceof PageSocket || Native[Symbol.hasInstance](value);
    globalThis.WebSocket = new Proxy(Native, {
        construct(target, [text, protocols = []], newTarget) {
            const url = urlOf(text);
            if (url.host !== location.host || !container.controller)
                return Reflect.construct(target, [text, protocols], newTarget);
            return new PageSocket(url, protocolsOf(protocols));
        },
        get: (target, name) => name === Symbol.hasInstance ? isSocket : Reflect.get(target, name),
    });
})();
