// A guest's WebSocket (docs/abi.md, section 7), between an instance, which is entered for one thing at a time, and a
// port: the platform's socket, whose events come whenever they like. A port has
//
//     send(kind, data)       text as a string, other kinds as bytes; returns ENOTSUP for kinds that it cannot send
//     close(code, reason)    code 0: none
//     waiting()              bytes that were not sent yet; 0 where the platform does not say
//     whenRoom(callback)     calls back once when less is waiting; returns a function that stops that
//     hold(on)               stops reading, or reads again; where the platform cannot, messages pile up to a limit
//
//     OPENING -> OPEN -> CLOSING (by the guest or the host) -> GONE (the platform's socket has ended)
//
// While a socket is OPENING, messages of the guest wait in `queue`, and its topics are not joined. The state lasts
// until the handshake was sent and the call of the guest that accepted it has returned or is suspended.
//
// What must stay true: kind 4 is the last event of a socket and comes exactly once, whichever way the socket ended; the
// app counts the socket until that event was passed, or its instance ended.
import * as abi from './abi.js';
import { isValidCloseCode, LOST } from './close.js';
import { Owner } from './owner.js';
import { holdSockets, socketLeft, tellSocket } from './socket-events.js';
import { NO_BYTES, utf8Of } from './text.js';
import { Waiters } from './waiters.js';

const OPENING = 0, OPEN = 1, CLOSING = 2, GONE = 3;
const EVENTS_HELD = 16, EVENTS_MAX = 1024; // messages that wait for the guest: then the socket is not read; then closed
const EVENT_BYTES_HELD = 262144, EVENT_BYTES_MAX = 16 << 20;
const WAITING_FULL = 262144; // bytes that wait for the handshake, or for the client: ws_send is EAGAIN
const BACKLOG_MAX = 1 << 20; // the same for published messages: the socket is closed
const TOPICS_MAX = 1024, TOPIC_BYTES_MAX = 65536;
const TOPIC_HELD = 120, EVENT_HELD = 64; // bytes that are counted beside those of a name, of a message
const TOO_BIG = 1009; // the code for a message beyond the limit

export class Socket extends Owner {
    constructor(instance) {
        super();
        this.instance = instance;
        this.port = null;
        this.condition = OPENING;
        this.queue = []; // { kind, data } to be sent when the socket opens; of kind WS_CLOSED: { code, reason }
        this.queued = 0; // bytes in the queue
        this.failure = 0; // the code that the host has closed it with
        this.room = null; // Waiters for room, made by the first
        this.asked = false; // the port will say when there is room
        this.events = 0;
        this.eventBytes = 0;
        this.held = false;
        this.stuck = false; // not read from until the client has taken some of the sent bytes
        this.topics = new Set();
        this.topicBytes = 0;
        this.grace = null;
        this.kept = 0; // bytes in the app's till: messages that wait for the guest or for the handshake, topics
        this.out = 0; // and those that wait for the client, when they were counted last
        this.replayed = null; // of a socket that is played again: called once its opening is over
    }

    get isSocket() {
        return true;
    }

    get isGone() {
        return this.condition === GONE;
    }

    // ---- The guest's side ----

    // 0 when messages can be sent, else a code. A call of mocket_ws that is out of time (dead) may still send.
    get state() {
        return this.condition === GONE ? abi.ECLOSED : this.condition === CLOSING ? abi.ESTATE : 0;
    }

    hasRoom() {
        return this.condition === OPENING ? this.queued < WAITING_FULL : this.port.waiting() < WAITING_FULL;
    }

    whenRoom(callback) {
        this.room ??= new Waiters();
        this.askForRoom();
        return this.room.add(callback);
    }

    // The port is asked once for all waiters.
    askForRoom() {
        if (this.asked || this.condition === OPENING)
            return;
        this.asked = true;
        this.port.whenRoom(() => this.roomy());
    }

    roomy() {
        this.asked = false;
        this.stuck = false;
        this.recount();
        this.hold();
        this.room?.wake(0);
    }

    send(kind, data) {
        if (this.condition === OPENING)
            return this.queued > 0 && this.queued + data.length > WAITING_FULL ? abi.EAGAIN : this.enqueue(kind, data);
        if (!this.hasRoom())
            return abi.EAGAIN;
        if (!this.till.hasRoom(data.length))
            return abi.ELIMIT;
        const code = this.port.send(kind, data);
        this.recount();
        if (!this.stuck && !this.hasRoom())
            this.waitForClient();
        return code;
    }

    get till() {
        return this.instance.app.till;
    }

    // Takes bytes until letGo; false: there is no room.
    keep(bytes) {
        if (!this.till.take(bytes))
            return false;
        this.kept += bytes;
        return true;
    }

    letGo(bytes) {
        const gone = Math.min(bytes, this.kept);
        this.till.give(gone);
        this.kept -= gone;
    }

    recount() {
        const out = this.port === null || this.condition === GONE ? 0 : this.port.waiting();
        this.till.held += out - this.out;
        this.out = out;
    }

    enqueue(kind, data) {
        if (!this.keep(data.length))
            return abi.ELIMIT;
        this.queue.push({ kind, data });
        this.queued += data.length;
        return 0;
    }

    // While a client does not read, the host does not read from it.
    waitForClient() {
        this.stuck = true;
        this.hold();
        this.askForRoom();
    }

    // Delivers a published message, without waiting.
    deliver(kind, data) {
        if (this.condition !== OPEN)
            return;
        if (this.port.waiting() + data.length > BACKLOG_MAX || !this.till.hasRoom(data.length))
            return this.orphan(1013);
        this.port.send(kind, data);
        this.recount();
    }

    close(code, reason) {
        if (this.state !== 0)
            return this.state;
        if (code === 0 ? reason !== '' : !isValidCloseCode(code))
            return abi.EINVAL;
        if (this.condition === OPENING)
            this.queue.push({ kind: abi.WS_CLOSED, data: { code, reason } });
        this.shut(code, reason);
        return 0;
    }

    shut(code, reason) {
        const wasOpen = this.condition === OPEN;
        this.condition = CLOSING;
        if (!wasOpen)
            return;
        this.hold();
        this.port.close(code, reason);
    }

    // From the host's side, for a failure of its own or of the guest.
    orphan(code) {
        this.endReplay();
        if (this.condition >= CLOSING)
            return;
        this.failure = code;
        this.shut(code, '');
    }

    subscribe(topic) {
        if (this.state !== 0)
            return this.state;
        if (this.topics.has(topic))
            return 0;
        if (this.topics.size >= TOPICS_MAX || this.topicBytes + topic.length > TOPIC_BYTES_MAX)
            return abi.ELIMIT;
        if (!this.keep(TOPIC_HELD + topic.length))
            return abi.ELIMIT;
        this.topics.add(topic);
        this.topicBytes += topic.length;
        if (this.condition === OPEN)
            this.instance.app.topics.join(this, topic);
        return 0;
    }

    unsubscribe(topic) {
        if (this.topics.delete(topic)) {
            this.topicBytes -= topic.length;
            this.letGo(TOPIC_HELD + topic.length);
            this.instance.app.topics.part(this, topic);
        }
        return this.state;
    }

    // ---- The platform's side ----

    // The handshake was sent. Messages of the guest follow when its call has returned or is suspended. A port calls
    // this function within accept or in an event of its platform. A microtask of accept would be too late for the
    // guest's topics.
    opened(port) {
        this.port = port;
        if (this.instance.isRunning)
            queueMicrotask(() => this.flush());
        else
            this.flush();
        tellSocket(this.instance, this, abi.WS_OPEN, NO_BYTES, () => this.endReplay());
    }

    flush() {
        const { port, queue } = this;
        if (this.condition === GONE)
            return;
        if (this.condition === OPENING) {
            this.condition = OPEN;
            for (const topic of this.topics)
                this.instance.app.topics.join(this, topic);
        }
        this.queue = [];
        this.letGo(this.queued);
        this.queued = 0;
        if (this.failure !== 0)
            return port.close(this.failure, '');
        for (const { kind, data } of queue)
            if (kind === abi.WS_CLOSED)
                port.close(data.code, data.reason);
            else
                port.send(kind, data);
        this.roomy();
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
        if (this.condition > OPEN)
            return;
        if (kind === abi.WS_PING && this.isMuch)
            return; // the ping was answered already
        if (data.length > this.instance.app.maxMessage)
            return this.orphan(TOO_BIG);
        if (this.events >= EVENTS_MAX || this.eventBytes > EVENT_BYTES_MAX)
            return this.orphan(1013);
        if (!this.keep(EVENT_HELD + data.length))
            return this.orphan(1013);
        this.events++;
        this.eventBytes += data.length;
        holdSockets(this.instance, data.length);
        this.hold();
        tellSocket(this.instance, this, kind, data, () => this.told(data.length));
    }

    // The guest has had a message.
    told(len) {
        this.events--;
        this.eventBytes -= len;
        this.letGo(EVENT_HELD + len);
        holdSockets(this.instance, -len);
        this.hold();
    }

    get isMuch() {
        return this.events >= EVENTS_HELD || this.eventBytes >= EVENT_BYTES_HELD;
    }

    // Stops reading, or reads on when half of the limit is free again. A socket that closes waits for the client's
    // answer.
    hold() {
        const much = this.held ? this.events > EVENTS_HELD / 2 || this.eventBytes >= EVENT_BYTES_HELD : this.isMuch;
        const on = this.condition <= OPEN && (much || this.stuck || this.instance.socketsHeld);
        if (this.held === on || this.port === null)
            return;
        this.held = on;
        this.port.hold(on);
    }

    // The platform's socket has ended, or its handshake failed.
    closed(code, reason) {
        if (this.condition === GONE)
            return;
        this.condition = GONE;
        this.queue = [];
        if (code === LOST && this.failure === TOO_BIG) // the client's mistake ends it, answered or not
            code = TOO_BIG;
        const text = utf8Of(reason), data = new Uint8Array(2 + text.length);
        data[0] = code & 255;
        data[1] = code >> 8;
        data.set(text, 2);
        socketLeft(this.instance, this);
        this.die(abi.ECLOSED);
        this.room?.wake(0);
        if (this.instance.isEnded)
            this.ended();
        else
            tellSocket(this.instance, this, abi.WS_CLOSED, data, () => this.ended());
    }

    // Kind 4 was passed, or will not be. Once.
    ended() {
        const { instance } = this;
        if (!instance.sockets.delete(this))
            return;
        this.release();
        for (const topic of this.topics)
            instance.app.topics.part(this, topic);
        this.topics.clear();
        instance.handles.end(this);
        instance.app.socketCount--;
        this.letGo(this.kept);
        this.recount();
    }
}
