// Answers to input that is not a request, as node:http's parser reports it.
import { STATUS_CODES } from 'node:http';
import { reasonOf, refusalFields } from '../reasons.js';

const BY_CODE = {
    HPE_HEADER_OVERFLOW: 431, HPE_INVALID_METHOD: 501, HPE_INVALID_VERSION: 505, ERR_HTTP_REQUEST_TIMEOUT: 408,
};
const HEAD_SHOWN = 16384, SILENT_MS = 60000;
const LINGER_MS = 30000, SILENCE_MS = 5000; // in all, and of silence
const LEFT = 'HPE_INVALID_EOF_STATE'; // the client's side has ended in the middle of a request
const LAST = Symbol('last answer'), ENDING = Symbol('ending'), BAD_BODY = Symbol('bad body');
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ [^ ]+ HTTP\/1\.[01]\r\n/;
const FOREIGN = /^[^\r\n ]+ [^\r\n ]+ HTTP\/[02-9]\d*\.\d+\r\n/;

// The answers of a connection are sent in order: the answer to a bad request waits for the answers before it.
export const noteAnswer = (req, res) => { req.socket[LAST] = res; };

// The beginning of the head in which the error is, as far as it came in one piece.
function headOf({ rawPacket, bytesParsed }) {
    if (rawPacket === undefined)
        return '';
    const before = rawPacket.lastIndexOf('\r\n\r\n', bytesParsed), from = before < 0 ? 0 : before + 4;
    return rawPacket.subarray(from, from + HEAD_SHOWN).latin1Slice();
}

function statusOf(error) {
    const head = headOf(error);
    if (error.code === 'HPE_INVALID_METHOD')
        return METHOD.test(head) ? 501 : 400;
    if (error.code === 'HPE_INVALID_VERSION')
        return FOREIGN.test(head) ? 505 : 400;
    return BY_CODE[error.code] ?? 400;
}

export function plainAnswer(status) {
    const reason = reasonOf(status) ?? STATUS_CODES[status], rows = refusalFields(status);
    let head = `HTTP/1.1 ${status} ${reason}\r\nDate: ${new Date().toUTCString()}\r\n`;
    for (let i = 0; i < rows.length; i += 2)
        head += `${rows[i]}: ${rows[i + 1]}\r\n`;
    return `${head}Content-Length: ${reason.length}\r\nConnection: close\r\n\r\n${reason}`;
}

// A connection that was made early may stay silent for a while. From its first byte on the client has the usual time.
function watchSilent(socket, timeout) {
    let rounds = Math.ceil(SILENT_MS / timeout);
    const check = () => {
        if (socket.destroyed || socket[LAST] !== undefined)
            return;
        if (socket.bytesRead > 0)
            socket.end(plainAnswer(408));
        else if (--rounds > 0)
            setTimeout(check, timeout);
        else
            socket.destroy();
    };
    setTimeout(check, timeout);
}

// The connection ends: further input is ignored.
export const noteEnding = (socket) => { socket[ENDING] = true; };
export const isEnding = (socket) => socket[ENDING] === true;

// Our side of the connection ends. Further input is discarded, so that no reset overtakes the answer.
export function endSlowly(socket, answer) {
    noteEnding(socket);
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.end(answer);
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    socket.on('close', () => clearTimeout(timer));
    socket.on('end', () => socket.destroy());
}

// Called when the body of a request in flight is malformed: its reader gets the error.
export const noteBadBody = (req, callback) => { req[BAD_BODY] = callback; };

// The listener of clientError. timeout: for a head.
export const clientErrors = (timeout) => (error, socket) => {
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0)
        watchSilent(socket, timeout);
    else
        onClientError(error, socket);
};

function onClientError(error, socket) {
    const last = socket[LAST], answer = () => endSlowly(socket, plainAnswer(statusOf(error)));
    if (socket[ENDING])
        return; // thrown away (exchange.js)
    if (socket.destroyed || !socket.writable || error.code === 'ECONNRESET')
        return void socket.destroy();
    if (last === undefined || last.writableFinished)
        answer();
    else if (last.req.complete)
        last.once('finish', answer);
    else if (last.req[BAD_BODY] !== undefined && !last.headersSent && error.code !== LEFT)
        last.req[BAD_BODY]();
    else if (last.headersSent)
        socket.destroy(); // the body of its request is bad, and the answer has begun
    else if (last.socket === null)
        last.once('socket', answer); // its turn comes
    else
        answer();
}
