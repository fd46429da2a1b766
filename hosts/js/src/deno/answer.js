// Whole answers in the forms that Deno is quick with. A string as a body costs less than bytes. A Response that is
// given several fields at once gets a native head: fields that are added afterwards cost a third of that. Values are
// flat, because Deno reads them byte by byte.
import { addFields } from '../headers.js';
import { platform } from '../platform.js';
import { flat, readLatin1 } from '../text.js';
import { initOf } from '../web.js';

const STRING_MAX = 1024;
const SHORT_MAX = 40; // a loop over so many bytes is cheaper than a call into the engine
const PIECE = 262144; // of a larger answer: only then Deno says when an answer was sent
const HIGH_BITS = 0x80808080;
const codes = String.fromCharCode;

// The text of a range that is ASCII, else null.
function readShort({ u8 }, at, len) {
    const end = at + len;
    let text = '', bits = 0, i = at;
    for (; i + 8 <= end; i += 8) {
        const a = u8[i], b = u8[i + 1], c = u8[i + 2], d = u8[i + 3], e = u8[i + 4], f = u8[i + 5], g = u8[i + 6],
            h = u8[i + 7];
        bits |= a | b | c | d | e | f | g | h;
        text += codes(a, b, c, d, e, f, g, h);
    }
    for (; i < end; i++) {
        bits |= u8[i];
        text += codes(u8[i]);
    }
    return bits < 0x80 ? text : null;
}

// The same. Neighbours in the first and the last word count: then an ASCII text is passed as bytes, which is as good.
function readLong(memory, at, len) {
    const { u32 } = memory, last = (at + len - 1) >>> 2;
    let bits = 0;
    for (let i = at >>> 2; i <= last; i++)
        bits |= u32[i];
    return (bits & HIGH_BITS) === 0 ? readLatin1(memory, at, len) : null;
}

// A string invents a content-type where there is none.
function bodyOf(head, memory, ptr, len) {
    memory.fresh();
    const text = len > STRING_MAX || !head.typed ? null : (len > SHORT_MAX ? readLong : readShort)(memory, ptr, len);
    return text ?? memory.u8.slice(ptr, ptr + len);
}

// Deno takes a piece when it has sent the one before.
function inPieces(bytes) {
    let at = 0;
    return new ReadableStream({
        pull(controller) {
            controller.enqueue(bytes.subarray(at, at + PIECE));
            at += PIECE;
            if (at >= bytes.length)
                controller.close();
        },
    }, { highWaterMark: 0 });
}

function filled(response, head) {
    head.added ??= head.fields.map(flat);
    response.headers.delete('content-type'); // of a string
    addFields(response.headers, head.added);
    return response;
}

// A content-type alone is quickest in a plain object.
function quickInit(head) {
    const { status, fields } = head;
    if (status === 200 && head.typed && fields.length === 2)
        head.init ??= { status, headers: { 'content-type': flat(fields[1]) } };
    return initOf(head);
}

function responseOf(head, memory, ptr, len) {
    const body = bodyOf(head, memory, ptr, len);
    if (len > PIECE)
        return new Response(inPieces(body), initOf(head, len));
    return head.status === 200 && head.fields.length > 2 ? filled(new Response(body), head)
        : new Response(body, quickInit(head));
}

export function useQuickAnswers() {
    platform.responseOf = responseOf;
    platform.valueOut = flat;
}
