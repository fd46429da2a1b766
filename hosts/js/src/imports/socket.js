// WebSockets: ws_accept, ws_send, ws_close, ws_subscribe, ws_unsubscribe, publish (docs/abi.md, sections 2 and 7).
import * as abi from '../abi.js';
import { REASON_MAX } from '../close.js';
import { COMPLETE } from '../exchange.js';
import { isHandshake, offers } from '../handshake.js';
import { Socket } from '../socket.js';
import { takeHead } from './answer.js';

export { serveHandshake } from '../placing.js';
export { Topics } from '../topics.js';
export { lookForSocket } from '../web-handshake.js';

const CONTROL_MAX = 125, TOPIC_MAX = 255;

function accept(instance, req, ptr, len) {
    const ex = instance.find(req), head = takeHead(instance, ex, ptr, len, true);
    if (typeof head === 'number')
        return head;
    const protocol = head.value('sec-websocket-protocol');
    if (!instance.event)
        return abi.ENOTSUP;
    if (!isHandshake(ex) || ex.hasBody)
        return abi.EINVAL;
    if (protocol !== undefined && !offers(ex, protocol))
        return abi.EINVAL;
    return open(instance, ex, head);
}

// Makes a request's connection a socket. Its number, or a code.
function open(instance, ex, head) {
    const { app } = instance;
    if (app.socketCount >= app.options.maxSockets)
        return abi.ELIMIT;
    const socket = new Socket(instance), handle = instance.handles.open(socket);
    if (handle < 0)
        return handle;
    const code = ex.accept(head, socket);
    if (code !== 0) {
        instance.handles.end(socket);
        return code;
    }
    ex.answer = COMPLETE;
    instance.sockets.add(socket);
    app.socketCount++;
    return handle;
}

const socketOf = (instance, ws) => {
    const socket = instance.find(ws);
    return socket instanceof Socket ? socket : null;
};

// The data of a message: a string for text, bytes for other kinds; a code when the data is invalid.
function dataOf(memory, kind, ptr, len) {
    if (kind === abi.WS_TEXT) {
        const text = memory.text(ptr, len);
        return text === null ? abi.EFAULT : text === undefined ? abi.EINVAL : text;
    }
    return memory.copy(ptr, len) ?? abi.EFAULT;
}

// While a handshake or its opening is played again, what the guest sends and publishes counts as sent: the client got
// it the first time (docs/abi.md, section 7).
const isMuted = ({ current, inside }) => current?.isReplay === true || (inside !== null && inside.replayed !== null);

const isControl = (kind) => kind === abi.WS_PING || kind === abi.WS_PONG;
const isSent = (kind) => kind === abi.WS_TEXT || kind === abi.WS_BINARY || isControl(kind);

function send(instance, ws, kind, ptr, len) {
    const socket = socketOf(instance, ws);
    if (socket === null)
        return abi.EHANDLE;
    if (socket.state !== 0)
        return socket.state;
    if (!isSent(kind) || (isControl(kind) && len > CONTROL_MAX))
        return abi.EINVAL;
    if (len > instance.app.sendMax)
        return abi.ETOOBIG;
    const data = dataOf(instance.memory, kind, ptr, len);
    return typeof data === 'number' ? data : isMuted(instance) ? 0 : socket.send(kind, data);
}

function close(instance, ws, code, ptr, len) {
    const socket = socketOf(instance, ws);
    if (socket === null)
        return abi.EHANDLE;
    if (len > REASON_MAX)
        return abi.EINVAL;
    const reason = dataOf(instance.memory, abi.WS_TEXT, ptr, len);
    return typeof reason === 'number' ? reason : socket.close(code, reason);
}

// A topic is bytes; as a key the topic is a Latin-1 text, so that all bytes are valid.
function topic(instance, ws, ptr, len, change) {
    const socket = socketOf(instance, ws), name = instance.memory.name(ptr, len);
    if (socket === null)
        return abi.EHANDLE;
    if (name === null)
        return abi.EFAULT;
    return len === 0 || len > TOPIC_MAX ? abi.EINVAL : change(socket, name);
}

function publish(instance, topicPtr, topicLen, kind, ptr, len) {
    const name = instance.memory.name(topicPtr, topicLen);
    if (name === null)
        return abi.EFAULT;
    if ((kind !== abi.WS_TEXT && kind !== abi.WS_BINARY) || topicLen === 0 || topicLen > TOPIC_MAX)
        return abi.EINVAL;
    if (len > instance.app.sendMax)
        return abi.ETOOBIG;
    const data = dataOf(instance.memory, kind, ptr, len);
    if (typeof data === 'number')
        return data;
    if (!isMuted(instance))
        instance.app.topics.publish(name, kind, data, instance);
    return 0;
}

export function socketImports(instance) {
    return {
        ws_accept: (req, ptr, len) => accept(instance, req, ptr >>> 0, len >>> 0),
        ws_send: (ws, kind, ptr, len) => send(instance, ws, kind, ptr >>> 0, len >>> 0),
        ws_close: (ws, code, ptr, len) => close(instance, ws, code, ptr >>> 0, len >>> 0),
        ws_subscribe: (ws, ptr, len) => topic(instance, ws, ptr, len >>> 0, (socket, name) => socket.subscribe(name)),
        ws_unsubscribe: (ws, ptr, len) =>
            topic(instance, ws, ptr, len >>> 0, (socket, name) => socket.unsubscribe(name)),
        publish: (topicPtr, topicLen, kind, ptr, len) =>
            publish(instance, topicPtr, topicLen >>> 0, kind, ptr >>> 0, len >>> 0),
    };
}
