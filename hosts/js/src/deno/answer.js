// Whole answers in the forms that Deno is quick with. A string as a body costs less than bytes. A Response that is
// given several fields at once gets a native head: fields that are added afterwards cost a third of that. Values are
// flat, because Deno reads them byte by byte.
import { addFields } from '../headers.js';
import { platform } from '../platform.js';
import { flat, readLatin1 } from '../text.js';
import { initOf } from '../web.js';

const STRING_MAX = 1024;
const PIECE = 262144; // of a larger answer: only then Deno says when an answer was sent
const HIGH_BITS = 0x80808080;

// The text of a range that is ASCII, else null. Neighbours in the first and the last word count: then an ASCII text is
// passed as bytes, which is as good.
function readAscii(memory, at, len) {
    const { u32 } = memory, last = len === 0 ? -1 : (at + len - 1) >>> 2;
    let bits = 0;
    for (let i = at >>> 2; i <= last; i++)
        bits |= u32[i];
    return (bits & HIGH_BITS) === 0 ? readLatin1(memory, at, len) : null;
}

// A string invents a content-type where there is none.
function bodyOf(head, memory, ptr, len) {
    memory.fresh();
    const text = len > STRING_MAX || !head.typed ? null : readAscii(memory, ptr, len);
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

// Deno's quick path needs a plain object, and no status but 200.
function quickInit(head) {
    const { status, fields } = head;
    if (status === 200 && head.typed && fields.length === 2)
        head.init ??= { headers: { 'content-type': flat(fields[1]) } };
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
