// Heads of fetched responses, as guests read them (docs/abi.md, section 5).
import { HEAD_BYTES } from './abi.js';
import { utf8AsLatin1, writeLatin1 } from './text.js';

// The size of the head of a fetched response; written to ptr when it fits in cap. fields: flat; names become lower
// case.
export function writeHead(memory, ptr, cap, status, fields) {
    let text = '';
    const lengths = [];
    for (let i = 0; i < fields.length; i++) {
        const piece = i % 2 === 0 ? fields[i].toLowerCase() : utf8AsLatin1Above(fields[i]);
        lengths.push(piece.length);
        text += piece;
    }
    const textAt = HEAD_BYTES + fields.length * 8, size = textAt + text.length;
    if (size > cap)
        return size;
    const w = memory.fresh().u32;
    let i = ptr >> 2, o = textAt;
    w[i++] = status;
    w[i++] = 0;
    w[i++] = fields.length / 2;
    w[i++] = HEAD_BYTES;
    for (const length of lengths) {
        w[i++] = o;
        w[i++] = length;
        o += length;
    }
    writeLatin1(memory, ptr + textAt, text);
    return size;
}

const utf8AsLatin1Above = (text) => /[^\0-\xff]/.test(text) ? utf8AsLatin1(text) : text;
