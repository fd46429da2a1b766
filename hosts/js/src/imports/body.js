// Streams and details of requests: fields, respond_begin, body_*, deadline (docs/abi.md, sections 2, 4, 5). Apps that
// answer in one piece import none of it.
import { EFAULT, EHANDLE, EINVAL, ESTATE } from '../abi.js';
import { BEGUN, COMPLETE, CUT, Exchange } from '../exchange.js';
import { writeFields } from '../message.js';
import { clock, limits } from '../timer.js';
import { takeHead } from './answer.js';

function write(instance, sink, ptr, len) {
    const thing = instance.find(sink);
    if (!(thing instanceof Exchange) && !thing?.isOutgoing)
        return EHANDLE;
    const code = thing.state !== 0 ? thing.state : thing instanceof Exchange && thing.answer !== BEGUN ? ESTATE : 0;
    if (code !== 0)
        return code;
    return instance.memory.fits(ptr, len) ? thing.write(instance.memory, ptr, Math.min(len, 0x7FFFFFFF)) : EFAULT;
}

function finishAnswer(ex) {
    if (ex.toSend > 0) {
        ex.stop(CUT);
        return EINVAL;
    }
    ex.answer = COMPLETE;
    ex.sendEnd();
    ex.source?.fail(ESTATE);
    return 0;
}

function finish(instance, sink) {
    const thing = instance.find(sink);
    if (thing?.isOutgoing)
        return thing.finish();
    if (!(thing instanceof Exchange))
        return EHANDLE;
    return thing.state !== 0 ? thing.state : thing.answer === BEGUN ? finishAnswer(thing) : ESTATE;
}

// A source to read from, null for a request whose body was in its message, or a code.
export function sourceOf(instance, handle) {
    const thing = instance.find(handle);
    if (thing?.isResponse)
        return thing.source;
    if (!(thing instanceof Exchange))
        return EHANDLE;
    return thing.state !== 0 ? thing.state : thing.source;
}

function read(instance, handle, ptr, cap) {
    const source = sourceOf(instance, handle);
    if (typeof source === 'number')
        return source;
    if (!instance.memory.fits(ptr, cap))
        return EFAULT;
    if (source === null || cap === 0)
        return 0;
    const piece = source.take(cap);
    if (typeof piece === 'number')
        return piece;
    instance.memory.fresh().u8.set(piece, ptr);
    return piece.length;
}

function fields(instance, req, ptr, cap) {
    const ex = instance.find(req);
    if (!(ex instanceof Exchange))
        return EHANDLE;
    if (ptr % 4 !== 0)
        return EINVAL;
    return instance.memory.fits(ptr, cap) ? writeFields(instance.memory, ptr, cap, ex) : EFAULT;
}

// The guest's own limit: it only ever shortens.
function shorten(ex, ms) {
    const now = clock();
    if (now + ms >= ex.end)
        return;
    ex.end = now + ms;
    ex.measure();
    if (ex.timer !== null)
        limits.stop(ex.timer);
    ex.arm(ex.last - now);
}

function limit(instance, req, ms) {
    const ex = instance.find(req);
    if (!(ex instanceof Exchange))
        return EHANDLE;
    if (ex.state === 0)
        shorten(ex, Math.max(ms, 1));
    return ex.state;
}

export function bodyImports(instance) {
    return {
        fields: (req, ptr, cap) => fields(instance, req, ptr >>> 0, cap >>> 0),
        respond_begin: (req, ptr, len) => {
            const ex = instance.find(req), head = takeHead(instance, ex, ptr >>> 0, len >>> 0, false);
            return typeof head === 'number' ? head : ex.begin(head);
        },
        body_write: (sink, ptr, len) => write(instance, sink, ptr >>> 0, len >>> 0),
        body_end: (sink) => finish(instance, sink),
        body_read: (source, ptr, cap) => read(instance, source, ptr >>> 0, cap >>> 0),
        deadline: (req, ms) => limit(instance, req, ms >>> 0),
    };
}
