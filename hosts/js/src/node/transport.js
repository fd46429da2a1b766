// Requests to other servers by node:http and node:https. The addresses of a name are looked at before any is connected
// to; bodies come as the server sent them.
import dns from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import { parseAddress } from '../address.js';
import { portOf } from '../allow.js';
import { EDENIED, EIO } from '../abi.js';
import { Source } from '../source.js';

const HIGH = 65536;
const SAFE_AGAIN = /^(?:GET|HEAD|OPTIONS|TRACE|PUT|DELETE)$/;
const CONNECTIONS = { keepAlive: true, maxSockets: 256, maxTotalSockets: 512 }; // to one server; to all
const HEAD_MAX = 65536, FIELDS_MAX = 200; // of an answer
const agents = {
    'http:': new http.Agent(CONNECTIONS),
    'https:': new https.Agent(CONNECTIONS),
};

class Denied extends Error {}

// A lookup that hands out granted addresses only.
export function lookup(nets, url, name) {
    const port = portOf(url);
    return (hostname, options, callback) => {
        dns.lookup(hostname, { ...options, all: true }, (error, found) => {
            if (error)
                return callback(error);
            const granted = found.filter(({ address }) => nets.allowsAddress(name, port, parseAddress(address)));
            if (granted.length === 0)
                return callback(new Denied(hostname));
            if (options.all)
                return callback(null, granted);
            callback(null, granted[0].address, granted[0].family);
        });
    };
}

function sourceOf(message) {
    const source = new Source(() => message.resume());
    message.on('data', (piece) => {
        message.pause();
        source.push(piece);
    });
    message.pause();
    message.on('end', () => source.end());
    message.on('error', () => source.fail(EIO));
    message.on('close', () => source.fail(EIO));
    source.cancel = () => message.destroy();
    return source;
}

function headersOf(request) {
    const fields = ['host', request.url.host, ...request.fields];
    if (request.streams ? request.length >= 0 : request.body !== null && request.body.length > 0)
        fields.push('content-length', String(request.length));
    else if (request.streams)
        fields.push('transfer-encoding', 'chunked');
    else if (/^(?:POST|PUT|PATCH)$/.test(request.method))
        fields.push('content-length', '0');
    return fields;
}

export function nodeTransport(request, events, nets) {
    const { url } = request, name = url.hostname.toLowerCase().replace(/\.$/, '');
    let current = null, answered = false, aborted = false, again = !request.streams;
    const begin = () => {
        current = (url.protocol === 'https:' ? https : http).request(url, {
            method: request.method, headers: headersOf(request), agent: agents[url.protocol], highWaterMark: HIGH,
            maxHeaderSize: HEAD_MAX, lookup: lookup(nets, url, name), setHost: false,
        });
        current.on('response', (message) => {
            answered = true;
            if (message.rawHeaders.length > 2 * FIELDS_MAX) {
                message.destroy();
                return events.failed(EIO);
            }
            events.head(message.statusCode, message.rawHeaders, sourceOf(message));
        });
        current.on('upgrade', (_message, socket) => {
            socket.destroy();
            events.failed(EIO);
        });
        current.on('drain', () => events.room());
        current.on('error', onError);
        current.on('close', () => events.stopped());
        if (!request.streams)
            current.end(request.body ?? undefined);
        else
            current.flushHeaders();
    };
    const onError = (error) => {
        const broke = current.reusedSocket && !answered && !aborted;
        if (broke && again && (request.retry || SAFE_AGAIN.test(request.method))) {
            again = false;
            return begin();
        }
        events.stopped();
        if (!answered)
            events.failed(error instanceof Denied ? EDENIED : EIO);
    };
    begin();
    return {
        write: (bytes) => current.write(bytes),
        hasRoom: () => !current.writableNeedDrain,
        end: () => current.end(),
        abort: () => {
            aborted = true;
            current.destroy();
        },
    };
}
