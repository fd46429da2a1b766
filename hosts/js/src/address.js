// IP addresses as sixteen bytes: IPv4 within IPv6 counts as that IPv4 address.
export const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF];

// Do bytes begin with the bits of a prefix?
export function begins(bytes, prefix, bits) {
    for (let bit = 0; bit < bits; bit += 8) {
        const mask = bits - bit >= 8 ? 0xFF : 0xFF << (8 - (bits - bit)) & 0xFF;
        if (((bytes[bit >> 3] ^ (prefix[bit >> 3] ?? 0)) & mask) !== 0)
            return false;
    }
    return true;
}

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
