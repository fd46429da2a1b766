// Handshakes among the requests of the Fetch standard: beside web.js, for apps with WebSockets.
import { UPGRADE, VOUCHED } from './abi.js';
import { isAuthority } from './authority.js';
import { platform } from './platform.js';

const names = (headers, name, word) => headers.get(name)?.toLowerCase().split(',').some((one) => one.trim() === word);

// A handshake has no body; `connection` is not to be seen everywhere.
export function lookForSocket(ex, { headers }) {
    if (!names(headers, 'upgrade', 'websocket') ||
        (headers.has('connection') && !names(headers, 'connection', 'upgrade')))
        return;
    const host = headers.get('host');
    if (platform.normalises && host && isAuthority(host))
        ex.authority = host; // a port of 80 is gone from the URL, and origins are compared with this
    ex.flags |= ex.info?.vouched ? UPGRADE | VOUCHED : UPGRADE;
    ex.hasBody ||= headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0;
}
