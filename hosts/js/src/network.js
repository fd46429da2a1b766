// Networks of IP addresses, and which addresses everybody's packets may go to.
import { begins, MAPPED, parseAddress } from './address.js';

const TRANSLATED = [0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]; // RFC 6052: IPv4 through a gateway

// Not everybody's, of IANA's registries of special purpose addresses.
const SPECIAL4 = [[[0], 8], [[10], 8], [[100, 64], 10], [[127], 8], [[169, 254], 16], [[172, 16], 12],
    [[192, 0, 0], 24], [[192, 0, 2], 24], [[192, 88, 99], 24], [[192, 168], 16], [[198, 18], 15], [[198, 51, 100], 24],
    [[203, 0, 113], 24], [[224], 4], [[240], 4]];
// Of 2000::/3, beyond which nothing is public.
const SPECIAL6 = [[[0x20, 0x01], 23], [[0x20, 0x01, 0x0d, 0xb8], 32], [[0x20, 0x02], 16], [[0x3f, 0xff], 20]];

const isSpecial = (table, bytes) => table.some(([prefix, bits]) => begins(bytes, prefix, bits));

// An address, or ADDRESS/BITS, or null.
export function parseNetwork(text) {
    const [host, length, more] = text.split('/'), address = parseAddress(host);
    if (address === null || more !== undefined || (length !== undefined && !/^\d{1,3}$/.test(length)))
        return null;
    const width = address.isMapped && host.includes('.') && !host.includes(':') ? 32 : 128;
    const bits = length === undefined ? width : Number(length);
    return bits > width ? null : { bytes: address.bytes, bits: bits + 128 - width };
}

// As inet_ntop has it.
export function textOfAddress({ bytes, isMapped }) {
    if (isMapped)
        return bytes.slice(12).join('.');
    const words = Array.from({ length: 8 }, (_, i) => (bytes[i * 2] << 8 | bytes[i * 2 + 1]).toString(16));
    return new URL(`http://[${words.join(':')}]/`).hostname.slice(1, -1);
}

export const within = (network, address) => begins(address.bytes, network.bytes, network.bits);

// An address that everybody's packets may go to.
export function isPublic({ bytes }) {
    if (begins(bytes, MAPPED, 96) || begins(bytes, TRANSLATED, 96))
        return !isSpecial(SPECIAL4, bytes.slice(12));
    return bytes[0] >> 5 === 1 && !isSpecial(SPECIAL6, bytes);
}
