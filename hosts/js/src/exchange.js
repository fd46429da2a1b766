// One request on its way through a guest, and its answer. What this file knows is the same everywhere; an adapter
// (web.js, node/exchange.js) extends it by what a platform does with an answer:
//
//     sendWhole(head, memory, ptr, len)   the whole answer; the range is the guest's and must be copied or used up
//     sendHead(head)                      the head of a streamed answer
//     sendBytes(bytes)                    more of its body
//     sendEnd()                           its end
//     sendRefusal(status)                 an answer of the host's own
//     cut()                               the answer ends before its end, and the client must be able to see that
//     hasRoom()                           may more bytes be written? If not, `roomy()` is called when they may
//     accept(head)                        the platform's side of a WebSocket (socket.js), or ENOTSUP
//
// The answer:    NONE -> BEGUN -> COMPLETE        the call:    WAITING -> CALLED -> RETURNED -> OVER
//                  \        \---> CUT
//                   \-> REFUSED
import { EAGAIN, ECLOSED, EINVAL, ELIMIT, ENOMEM, ENOTSUP, ESTATE, ETIMEDOUT, ETOOBIG } from './abi.js';
import { Message } from './message.js';
import { clock, limits } from './timer.js';
import { Source } from './source.js';
import { NO_BYTES } from './text.js';
import { SMALL } from './till.js';

export const NONE = 0, BEGUN = 1, COMPLETE = 2, CUT = 3, REFUSED = 4;
export const WAITING = 0, CALLED = 1, RETURNED = 2, OVER = 3;

const STATUS_OF = { [EINVAL]: 400, [ETOOBIG]: 413, [ETIMEDOUT]: 408, [ELIMIT]: 503 };
const PIECE_MAX = 65536; // bytes that one body_write takes

export class Exchange extends Message {
    constructor(app, method, whole, wholeAt, authority, flags) {
        super(method, whole, wholeAt, authority, flags);
        this.app = app;
        this.body = NO_BYTES; // whole, or null: it is read from `source`
        this.instance = null;
        this.answer = NONE;
        this.call = WAITING;
    }

    get isHead() {
        return this.method === 'HEAD';
    }

    // 0 when an answer can still be given, else a code.
    get state() {
        if (this.answer === COMPLETE)
            return ESTATE;
        return this.dead !== 0 ? this.dead : this.answer >= CUT ? ECLOSED : 0;
    }

    // ---- The answer ----

    // 0, or ENOMEM: nothing was sent, and the guest may answer something smaller.
    respond(head, memory, ptr, len) {
        if (len > SMALL && !this.isHead && !head.isBodyless && !this.holdAnswer(len)) {
            this.isShort = true;
            return ENOMEM;
        }
        this.answer = COMPLETE;
        this.sendWhole(head, memory, ptr, len);
        this.source?.fail(ESTATE);
        return 0;
    }

    begin(head) {
        if (!this.hold(PIECE_MAX)) {
            this.isShort = true;
            return ENOMEM;
        }
        this.answer = BEGUN;
        this.discard = this.isHead || head.isBodyless;
        this.toSend = this.discard ? -1 : head.length;
        this.touch();
        this.sendHead(head);
        return 0;
    }

    // Takes bytes that the host holds until the request ends. False: there is no room for them.
    hold(bytes) {
        if (!this.app.till.take(bytes))
            return false;
        this.held += bytes;
        return true;
    }

    // The same for a large answer, which is held until its client has taken it: an adapter that knows when that is
    // counts it.
    holdAnswer() {
        return true;
    }

    // Bytes taken, or a code.
    write(memory, ptr, len) {
        if (this.discard || len === 0)
            return len;
        if (this.toSend >= 0 && len > this.toSend)
            return EINVAL;
        if (!this.hasRoom())
            return EAGAIN;
        const taken = Math.min(len, PIECE_MAX);
        if (this.toSend >= 0)
            this.toSend -= taken;
        this.touch();
        this.sendBytes(memory.copy(ptr, taken));
        return taken;
    }

    // The host answers, or cuts an answer that was begun.
    fail(status) {
        if (this.answer === BEGUN)
            this.stop(CUT);
        else if (this.answer === NONE && this.dead !== ECLOSED)
            this.refuse(status);
    }

    refuse(status) {
        this.answer = REFUSED;
        this.sendRefusal(status);
    }

    stop(answer) {
        this.answer = answer;
        this.cut();
    }

    accept() {
        return ENOTSUP;
    }

    roomy() {
        this.touch();
        this.room?.wake(0);
    }

    // ---- Time ----

    touch() {
        if (this.since !== 0)
            this.since = clock();
    }

    // Begins to measure: called for exchanges that were not answered at once. until: when the guest goes on by itself;
    // a wait that ends in time needs no timer.
    watch(until = Infinity) {
        if (this.timer !== null || this.call === OVER)
            return;
        this.measure();
        if (until > this.last)
            this.arm(this.last - clock());
    }

    measure() {
        if (this.since === 0 && this.source !== null)
            this.source.onProgress = () => this.touch();
        this.since ||= clock();
    }

    // When the time is up.
    get last() {
        return Math.min(this.since + this.app.options.timeout, this.end);
    }

    arm(ms) {
        this.timer = limits.start(() => this.expire(), ms);
    }

    expire() {
        const rest = this.last - clock();
        if (rest > 0)
            this.arm(rest);
        else if (this.instance !== null)
            this.instance.kill(this, ETIMEDOUT);
        else
            this.abandon(503);
    }

    // ---- A body that cannot be had ----

    // The guest answers for it, if it said that it can; else the host does. True: the request is passed.
    failBody(code) {
        if (!this.app.bodyErrors || code === ELIMIT) {
            this.close();
            this.refuse(STATUS_OF[code]);
            return false;
        }
        this.body = null;
        this.bodyError = code;
        this.source = new Source(() => {});
        this.source.fail(code);
        return true;
    }

    // ---- The end ----

    // No guest has heard of it.
    abandon(status) {
        this.close();
        this.fail(status);
    }

    // The client left.
    leave() {
        if (this.answer >= COMPLETE && this.call === OVER)
            return;
        if (this.instance !== null)
            this.instance.kill(this, ECLOSED);
        else
            this.close();
    }

    close() {
        if (this.call === WAITING)
            this.app.pool.waiting.delete(this);
        this.call = OVER;
        if (this.timer !== null) {
            limits.stop(this.timer);
            this.timer = null;
        }
        if (this.held > 0) {
            this.app.till.give(this.held);
            this.held = 0;
        }
        this.source?.cancel?.();
    }
}

// Fields that few exchanges set. They stand here, because each field of its own makes every exchange dearer.
Object.assign(Exchange.prototype, {
    left: 0, // length of a body that is still to be read; -1: unknown
    bodyError: 0, // the reason why there is no body
    source: null,
    hasBody: false, // if an empty one of unknown length
    discard: false, // the answer has no body, whatever the guest writes
    toSend: -1, // bytes of a declared length that are still to come; -1: none was declared
    room: null, // Waiters of a guest that waits until it can write, made by the first (imports/wait.js)
    timer: null,
    since: 0, // when a byte moved last (clock); 0: nothing is measured
    end: Infinity, // the guest's own limit (deadline)
    held: 0, // bytes in the app's till, until the request ends
    isShort: false, // an answer was refused for want of memory
});
