// Is a request a handshake that can become a WebSocket (RFC 6455, section 4.2.1)?
import { UPGRADE, VOUCHED } from './abi.js';

const KEY = /^[0-9A-Za-z+/]{21}[AQgw]==$/;

export function isHandshake(message) {
    if (!(message.flags & UPGRADE) || message.method !== 'GET')
        return false;
    if (message.flags & VOUCHED)
        return true;
    const versions = message.values('sec-websocket-version'), keys = message.values('sec-websocket-key');
    return versions.length === 1 && versions[0] === '13' && keys.length === 1 && KEY.test(keys[0]);
}

// Did the client offer this subprotocol, in any of its header lines?
export const offers = (message, protocol) => message.values('sec-websocket-protocol')
    .some((line) => line.split(',').some((word) => word.trim() === protocol));

const OWNED_NAME = /^sec-websocket-/i;

// The fields of a 101, flat, without the host's own fields; protocol: the chosen subprotocol, or undefined.
export function handshakeOf(head) {
    const fields = [];
    for (let i = 0; i < head.fields.length; i += 2)
        if (!OWNED_NAME.test(head.fields[i]))
            fields.push(head.fields[i], head.fields[i + 1]);
    return { fields, protocol: head.value('sec-websocket-protocol') };
}
