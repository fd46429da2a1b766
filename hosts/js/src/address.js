// IP addresses and networks, as sixteen bytes: IPv4 within IPv6 counts as that IPv4 address.
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF];
const TRANSLATED = [0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]; // RFC 6052: IPv4 through a gateway

// Not everybody's, of IANA's registries of special purpose addresses.
const SPECIAL4 = [[[0], 8], [[10], 8], [[100, 64], 10], [[127], 8], [[169, 254], 16], [[172, 16], 12],
    [[192, 0, 0], 24], [[192, 0, 2], 24], [[192, 88, 99], 24], [[192, 168], 16], [[198, 18], 15], [[198, 51, 100], 24],
    [[203, 0, 113], 24], [[224], 4], [[240], 4]];
// Of 2000::/3, beyond which nothing is public.
const SPECIAL6 = [[[0x20, 0x01], 23], [[0x20, 0x01, 0x0d, 0xb8], 32], [[0x20, 0x02], 16], [[0x3f, 0xff], 20]];

function begins(bytes, prefix, bits) {
    for (let bit = 0; bit < bits; bit += 8) {
        const mask = bits - bit >= 8 ? 0xFF : 0xFF << (8 - (bits - bit)) & 0xFF;
        if (((bytes[bit >> 3] ^ (prefix[bit >> 3] ?? 0)) & mask) !== 0)
            return false;
    }
    return true;
}

const isSpecial = (table, bytes) => table.some(([prefix, bits]) => begins(bytes, prefix, bits));

function parse4(text) {
    const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
    if (match === null)
        return null;
    const bytes = match.slice(1).map(Number);
    return bytes.every((b, i) => b < 256 && String(b) === match[i + 1]) ? [...MAPPED, ...bytes] : null;
}

function groups(text) {
    if (text === '')
        return [];
    const parts = text.split(':'), last = parts.at(-1), bytes = [];
    const four = last.includes('.') ? parse4(last) : null;
    if (last.includes('.') && four === null)
        return null;
    for (const part of four === null ? parts : parts.slice(0, -1)) {
        if (!/^[0-9a-f]{1,4}$/i.test(part))
            return null;
        const value = parseInt(part, 16);
        bytes.push(value >> 8, value & 255);
    }
    return four === null ? bytes : [...bytes, ...four.slice(12)];
}

function parse6(text) {
    const halves = text.split('::');
    if (halves.length > 2 || !text.includes(':'))
        return null;
    const front = groups(halves[0]), back = halves.length === 2 ? groups(halves[1]) : [];
    if (front === null || back === null)
        return null;
    const missing = 16 - front.length - back.length;
    if (halves.length === 2 ? missing < 2 : missing !== 0)
        return null;
    return [...front, ...new Array(missing).fill(0), ...back];
}

// The text of an address without the form by which IPv6 sockets name those of IPv4.
export const unmapped = (text) => text.startsWith('::ffff:') ? text.slice(7) : text;

// { bytes, isMapped, isLoopback }, or null when the text is not an address.
export function parseAddress(text) {
    const bytes = parse4(text) ?? parse6(text);
    if (bytes === null)
        return null;
    const isMapped = begins(bytes, MAPPED, 96);
    const isLoopback = isMapped ? bytes[12] === 127 : bytes.every((b, i) => b === (i === 15 ? 1 : 0));
    return { bytes, isMapped, isLoopback };
}

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
