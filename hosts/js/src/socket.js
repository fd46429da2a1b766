// A guest's WebSocket (docs/abi.md, section 7), between an instance, which is entered for one thing at a time, and a
// port: the platform's socket, whose events come whenever they like. A port has
//
//     send(kind, data)       text as a string, other kinds as bytes; returns ENOTSUP for kinds that it cannot send
//     close(code, reason)    code 0: none
//     waiting()              bytes that were not sent yet; 0 where the platform does not say
//     whenRoom(callback)     calls back once when less is waiting; returns what stops that
//     hold(on)               stops reading, or reads again; where the platform cannot, messages pile up to a limit
//
//     OPENING -> OPEN -> CLOSING (by the guest) -> GONE (the platform's socket has ended)
//
// What must stay true: kind 4 is the last event of a socket and comes exactly once, whichever way it ended.
import * as abi from './abi.js';
import { Owner } from './owner.js';
import { isValidCloseCode } from './close.js';
import { NO_BYTES, utf8Of } from './text.js';

const OPENING = 0, OPEN = 1, CLOSING = 2, GONE = 3;
const EVENTS_HELD = 16, EVENTS_MAX = 1024; // messages that wait for the guest: then it is not read; then it is closed
const EVENT_BYTES_HELD = 262144, EVENT_BYTES_MAX = 16 << 20;
const WAITING_FULL = 262144; // bytes that wait for the client: ws_send is EAGAIN
const BACKLOG_MAX = 1 << 20; // the same, of what others publish: the socket is closed
const SEND_LEAST = 1 << 20;
const TOPICS_MAX = 1024, TOPIC_BYTES_MAX = 65536;
const GRACE_MS = 1000;

export class Socket extends Owner {
    constructor(instance) {
        super();
        this.instance = instance;
        this.port = null;
        this.condition = OPENING;
        this.queue = []; // what is sent before it is open
        this.events = 0;
        this.eventBytes = 0;
        this.held = false;
        this.topics = new Set();
        this.topicBytes = 0;
        this.grace = null;
        this.replayed = null; // of a socket that is played again: called once its opening is over
    }

    get isGone() {
        return this.condition === GONE;
    }

    // ---- The guest's side ----

    // 0 when messages can be sent, else a code.
    get state() {
        if (this.dead !== 0)
            return this.dead;
        return this.condition === GONE ? abi.ECLOSED : this.condition === CLOSING ? abi.ESTATE : 0;
    }

    hasRoom() {
        return this.port === null || this.port.waiting() < WAITING_FULL;
    }

    whenRoom(callback) {
        return this.port.whenRoom(() => callback(0));
    }

    send(kind, data) {
        if (data.length > Math.max(SEND_LEAST, this.instance.declared.maxMessage))
            return abi.ETOOBIG;
        if (!this.hasRoom())
            return abi.EAGAIN;
        return this.forward(kind, data);
    }

    forward(kind, data) {
        if (this.port !== null)
            return this.port.send(kind, data);
        this.queue.push({ kind, data });
        return 0;
    }

    // What somebody publishes: it waits for nobody.
    deliver(kind, data) {
        if (this.condition !== OPEN && this.condition !== OPENING)
            return;
        if (this.port !== null && this.port.waiting() + data.length > BACKLOG_MAX)
            this.orphan(1013);
        else
            this.forward(kind, data);
    }

    close(code, reason) {
        if (this.state !== 0)
            return this.state;
        if (code === 0 ? reason !== '' : !isValidCloseCode(code))
            return abi.EINVAL;
        this.shut(code, reason);
        return 0;
    }

    shut(code, reason) {
        this.condition = CLOSING;
        if (this.port !== null)
            this.port.close(code, reason);
        else
            this.queue.push({ kind: abi.WS_CLOSED, data: { code, reason } });
    }

    // From the host's side, for a failure of its own or of the guest.
    orphan(code) {
        if (this.condition < CLOSING)
            this.shut(code, '');
        this.endReplay();
    }

    subscribe(topic) {
        if (this.state !== 0)
            return this.state;
        if (this.topics.has(topic))
            return 0;
        if (this.topics.size >= TOPICS_MAX || this.topicBytes + topic.length > TOPIC_BYTES_MAX)
            return abi.ELIMIT;
        this.topics.add(topic);
        this.topicBytes += topic.length;
        this.instance.app.topics.join(this, topic);
        return 0;
    }

    unsubscribe(topic) {
        if (this.topics.delete(topic)) {
            this.topicBytes -= topic.length;
            this.instance.app.topics.part(this, topic);
        }
        return this.state;
    }

    // ---- The platform's side ----

    // The handshake is out.
    opened(port) {
        this.port = port;
        if (this.condition === OPENING)
            this.condition = OPEN;
        for (const { kind, data } of this.queue)
            if (kind === abi.WS_CLOSED)
                port.close(data.code, data.reason);
            else
                port.send(kind, data);
        this.queue.length = 0;
        this.instance.tellSocket(this, abi.WS_OPEN, NO_BYTES, () => this.endReplay());
    }

    endReplay() {
        const { replayed } = this;
        this.replayed = null;
        replayed?.();
    }

    // Calls back when the guest has had the messages so far.
    after(callback) {
        if (this.events === 0)
            callback();
        else
            this.instance.enter('mocket_ws', () => void callback());
    }

    // data: bytes, of valid UTF-8 when it is text.
    message(kind, data) {
        if (this.condition !== OPEN)
            return;
        if (kind === abi.WS_PING && this.isMuch)
            return; // it was answered already
        if (data.length > this.instance.declared.maxMessage)
            return this.orphan(1009);
        this.events++;
        this.eventBytes += data.length;
        if (this.events > EVENTS_MAX || this.eventBytes > EVENT_BYTES_MAX + data.length)
            return this.orphan(1013);
        if (this.isMuch)
            this.hold(true);
        this.instance.tellSocket(this, kind, data, () => this.told(data.length));
    }

    told(len) {
        this.events--;
        this.eventBytes -= len;
        if (this.held && this.events <= EVENTS_HELD / 2 && this.eventBytes < EVENT_BYTES_HELD)
            this.hold(false);
    }

    get isMuch() {
        return this.events >= EVENTS_HELD || this.eventBytes >= EVENT_BYTES_HELD;
    }

    hold(on) {
        if (this.held !== on)
            this.port.hold(on);
        this.held = on;
    }

    // The platform's socket has ended.
    closed(code, reason) {
        if (this.condition === GONE)
            return;
        this.condition = GONE;
        const text = utf8Of(reason), data = new Uint8Array(2 + text.length);
        data[0] = code & 255;
        data[1] = code >> 8;
        data.set(text, 2);
        this.instance.socketLeft(this);
        this.die(abi.ECLOSED);
        this.instance.tellSocket(this, abi.WS_CLOSED, data, () => this.ended());
    }

    // Kind 4 was told.
    ended() {
        const { instance } = this;
        this.release();
        for (const topic of this.topics)
            instance.app.topics.part(this, topic);
        this.topics.clear();
        instance.handles.end(this);
        instance.sockets.delete(this);
        instance.app.socketCount--;
    }
}
