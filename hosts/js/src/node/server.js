// A guest behind node:http. No Request, no Headers: rawHeaders go straight into guest memory, answers straight into the
// response.
import http from 'node:http';
import { ELIMIT, ETOOBIG, UPGRADE } from '../abi.js';
import { COMPLETE } from '../exchange.js';
import { collectBody, sourceOf } from './body.js';
import { perAddress } from './addresses.js';
import { clientErrors, isEnding, noteAnswer, plainAnswer } from './errors.js';
import { NodeExchange, refuse } from './exchange.js';
import { Reply } from './reply.js';
import { asksForSocket, CONTINUE, expectation, hasBody, look, NOTHING, readRequest, seen, UNKNOWN } from './request.js';
import { completer, webSockets } from './socket.js';
import { shareTimers } from '../limits.js';
import { GRACE_MS, readServing, urlOf } from '../serving.js';

const HIGH = 65536;
const INLINE_MAX = 65536;
const KEEP_ALIVE_MS = 60000;
const HEAD_MS = 10000; // for a head to arrive
const HEAD_MAX = 32768; // bytes of a head: request.js has the limits of its parts
const CONNECTIONS_MAX = 10000; // beside WebSockets
const MORE = {
    maxPerAddress: [Infinity, (value) => value === Infinity || (Number.isInteger(value) && value > 0),
        'a whole number of at least 1, or Infinity'],
};

// Only requests that were not answered at once need to know that their client left.
function run(ex) {
    ex.enter();
    if (ex.answer < COMPLETE)
        ex.res.once('close', () => ex.leave());
}

// expected: CONTINUE when the client holds its body back.
function takeBody(app, ex, length, expected) {
    const { req, res } = ex, { bodyTimeout } = app.options;
    const goOn = expected === CONTINUE ? () => { if (!res.headersSent) res.writeContinue(); } : null;
    if (app.streams) {
        ex.body = null;
        ex.left = length;
        ex.source = sourceOf(req, goOn, app.maxBody, bodyTimeout);
        if (length > app.maxBody)
            ex.source.fail(ETOOBIG);
        return run(ex);
    }
    ex.left = length;
    if (length > app.maxBody)
        return ex.failBody(ETOOBIG) ? run(ex) : undefined;
    goOn?.();
    collectBody(ex, app.maxBody, bodyTimeout, (body) => {
        if (typeof body !== 'number')
            ex.body = body;
        else if (!ex.failBody(body))
            return;
        run(ex);
    });
}

// A body that came with its head is here at once: it needs no listeners and no clock, and is not streamed.
function takeInline(app, ex, length) {
    process.nextTick(() => {
        const { req } = ex;
        if (!req.complete || length > app.maxBody)
            return takeBody(app, ex, length, NOTHING);
        ex.body = req.read() ?? ex.body;
        req.resume();
        if (ex.hold(length))
            run(ex);
        else
            ex.failBody(ELIMIT);
    });
}

function begin(app, req, res) {
    const ex = new NodeExchange(app, req, res), status = readRequest(ex);
    if (status !== 0)
        return refuse(req, res, status, true);
    const expected = expectation(req);
    ex.expects = expected !== NOTHING;
    if (expected === UNKNOWN)
        return refuse(req, res, 417, true);
    if (asksForSocket(req)) // with a body, which no handshake has
        ex.flags |= UPGRADE;
    if (!hasBody())
        return run(ex);
    ex.hasBody = true;
    const length = seen.coding !== '' ? -1 : Number(seen.length);
    if (length > 0 && length <= INLINE_MAX && expected === NOTHING)
        return takeInline(app, ex, length);
    return takeBody(app, ex, length, expected);
}

// The listener of a server's requests, for a server of one's own.
export function handler(app) {
    shareTimers();
    return (req, res) => {
        if (isEnding(req.socket))
            return; // it was refused
        noteAnswer(req, res);
        begin(app, req, res);
    };
}

// A handshake that is refused gets an ordinary answer, and the connection goes on: it is handed back to the server.
function refusable(server, req, connection, rest, letGo) {
    const res = new http.ServerResponse(req);
    res.assignSocket(connection);
    res.shouldKeepAlive = true;
    res.once('finish', () => {
        res.detachSocket(connection);
        letGo();
        if (rest.length > 0)
            connection.unshift(rest);
        server.emit('connection', connection);
    });
    return res;
}

function onUpgrade(app, server, sockets, idle) {
    return (req, connection, rest) => {
        const onError = () => connection.destroy();
        connection.on('error', onError);
        let ex = null;
        const gone = () => ex?.leave();
        const letGo = () => connection.off('error', onError).off('close', gone);
        const res = refusable(server, req, connection, rest, letGo);
        ex = new NodeExchange(app, req, res);
        const status = readRequest(ex);
        if (status !== 0)
            return refuse(req, res, status, true);
        if (asksForSocket(req)) {
            ex.flags |= UPGRADE;
            const complete = completer(sockets, req, connection, rest, idle);
            ex.upgrade = sockets === null ? null : (head, socket) => {
                res.detachSocket(connection);
                letGo();
                return complete(head, socket);
            };
        }
        connection.once('close', gone);
        app.serve(ex);
    };
}

function isHandshake(req) {
    look(req.rawHeaders);
    return asksForSocket(req) && !hasBody();
}

function listen(server, port, hostname) {
    return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, hostname, () => {
            server.off('error', reject);
            resolve(server.address());
        });
    });
}

// Serves an app until its `close` is called: { port, hostname, url, close }.
export async function serve(app, options = {}) {
    const { port, hostname, wsIdle, maxPerAddress } = readServing(options, process.env, MORE);
    const { timeout } = app.options;
    const server = http.createServer({
        ServerResponse: Reply, optimizeEmptyRequests: true, highWaterMark: HIGH, maxHeaderSize: HEAD_MAX,
        requireHostHeader: false, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0,
        headersTimeout: Math.min(timeout, HEAD_MS), shouldUpgradeCallback: isHandshake,
        connectionsCheckingInterval: Math.max(20, Math.min(1000, timeout / 10)),
    }, handler(app));
    const sockets = app.hasSockets ? await webSockets(app) : null;
    server.on('upgrade', onUpgrade(app, server, sockets, wsIdle));
    server.maxConnections = CONNECTIONS_MAX + app.options.maxSockets;
    if (maxPerAddress !== Infinity)
        server.on('connection', perAddress(app.proxies, maxPerAddress));
    server.on('connect', (_req, socket) => socket.end(plainAnswer(405)));
    server.on('checkContinue', handler(app));
    server.on('checkExpectation', handler(app));
    server.on('clientError', clientErrors(Math.min(timeout, HEAD_MS)));
    server.maxHeadersCount = 0;
    const address = await listen(server, port, hostname);
    return running(app, server, address);
}

// The result of `serve`: the address, and `close`, which lets requests in flight finish within the grace period.
function running(app, server, address) {
    const at = { port: address.port, hostname: address.address };
    const ended = new Promise((resolve) => { server.once('close', resolve); });
    return {
        server,
        ...at,
        url: urlOf(at),
        close: async ({ grace = GRACE_MS } = {}) => {
            server.close();
            const idle = setInterval(() => server.closeIdleConnections(), 20);
            await app.close({ grace });
            clearInterval(idle);
            server.closeAllConnections();
            await ended;
        },
    };
}

