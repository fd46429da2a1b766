// Where a redirect leads, as the Fetch standard has it.
import { EIO } from './abi.js';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const ABOUT_BODY = /^content-(?:encoding|language|location|type|length)$/i;
const SECRET = /^(?:authorization|cookie|proxy-authorization)$/i;

function without(fields, pattern) {
    const kept = [];
    for (let i = 0; i < fields.length; i += 2)
        if (!pattern.test(fields[i]))
            kept.push(fields[i], fields[i + 1]);
    return kept;
}

function locationOf(fields, base) {
    for (let i = 0; i < fields.length; i += 2)
        if (fields[i].toLowerCase() === 'location')
            return URL.canParse(fields[i + 1], base) ? new URL(fields[i + 1], base) : EIO;
    return null;
}

// The next request; null when the response is the guest's as it is; a code.
export function redirectOf(request, status, fields) {
    const url = REDIRECTS.has(status) ? locationOf(fields, request.url) : null;
    if (url === null || url === EIO)
        return url;
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
        return EIO;
    const { method } = request;
    const toGet = status === 303 ? method !== 'GET' && method !== 'HEAD' : status < 303 && method === 'POST';
    if (request.streams && !toGet)
        return null;
    const next = { ...request, url };
    if (toGet)
        Object.assign(next, { method: 'GET', body: null, streams: false, fields: without(next.fields, ABOUT_BODY) });
    if (url.origin !== request.url.origin)
        next.fields = without(next.fields, SECRET);
    return next;
}
