// The client behind trusted proxies: Forwarded (RFC 7239), X-Forwarded-For and X-Forwarded-Proto, by the rules of
// `mocket serve --trusted-proxy`.
//
// Each proxy adds an element at the right. Elements are read from the left; after each one `found` stands for the
// elements so far: an address that is not trusted replaces it, a trusted one only fills a gap, and an element that
// cannot be read makes a gap. The result is the same as a walk back from the right to the first address that is not
// trusted.
//
// A proxy sets one of the two kinds of fields and passes the other one on as the client sent it. The
// host cannot see which kind the proxy has set, so when both kinds are there they must agree.
import { TLS } from './abi.js';
import { parseAddress } from './address.js';
import { isToken } from './names.js';
import { parseNetwork, textOfAddress, within } from './network.js';

const UNIX = 'unix'; // clients of a Unix socket
const FAMILY4 = 96; // bits in front of an IPv4 address; networks of IPv6 hold no IPv4 addresses

export class Proxies {
    // rows: ['10.0.0.0/8', '::1', 'unix'], each of them a list too.
    constructor(rows) {
        const words = rows.flatMap((row) => listOf([row]).length > 0 ? listOf([row]) : [row]);
        this.local = words.includes(UNIX);
        this.networks = words.filter((word) => word !== UNIX).map(networkOf);
    }

    get any() {
        return this.local || this.networks.length > 0;
    }

    // text: the address that a connection came from.
    trusts(text) {
        const address = parseAddress(text);
        return address !== null && this.holds(address);
    }

    holds(address) {
        const least = address.isMapped ? FAMILY4 : 0;
        return this.networks.some((network) => network.bits >= least && within(network, address));
    }

    // Writes the client that a trusted proxy reports into a message.
    learn(message) {
        const { peer, isTls } = this.read(message);
        message.peer = peer ?? message.peer;
        message.flags |= isTls ? TLS : 0;
    }

    // The client by the fields of a message: { peer, isTls }. peer: undefined when they name no client, '' when the two
    // kinds of fields name different clients.
    read(message) {
        const standard = readForwarded(message, this), common = readCommon(message, this);
        if (standard === null || !common.any)
            return said(standard ?? common);
        if (textOf(standard.address) !== textOf(common.address))
            return { peer: '', isTls: false };
        const differ = common.scheme !== '' && standard.scheme !== common.scheme;
        return said({ address: standard.address, scheme: differ ? '' : standard.scheme });
    }
}

const listOf = (lines) => lines.flatMap((line) => line.split(',')).map((word) => word.trim())
    .filter((word) => word !== '');
const isPlain = ({ bytes, bits }) =>
    bytes.every((byte, i) => bits >= i * 8 + 8 || (byte & 0xFF >> Math.max(0, bits - i * 8)) === 0);

function networkOf(word) {
    const network = parseNetwork(word);
    if (network === null || !isPlain(network))
        throw new TypeError(`trustedProxy: "${word}" is not a network. Write 10.0.0.0/8, 192.0.2.1, ::1 or unix; ` +
            'no bit may be set behind the prefix');
    return network;
}

const textOf = (address) => address === null ? '' : textOfAddress(address);

function said(found) {
    return { peer: found?.address ? textOf(found.address) : undefined, isTls: found?.scheme === 'https' };
}

// "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80"; bare IPv6 in X-Forwarded-For. Null: something else.
function addressOf(node) {
    const match = /^(?:\[([^\]]*)\]|([^:[]*))(?::(\d{1,5}))?$/.exec(node);
    if (match === null || Number(match[3] ?? 0) > 65535)
        return parseAddress(node);
    return match[1] === undefined ? parseAddress(match[2]) : match[1].includes(':') ? parseAddress(match[1]) : null;
}

function schemeOf(text) {
    const scheme = (text ?? '').toLowerCase();
    return scheme === 'http' || scheme === 'https' ? scheme : '';
}

// Returns the result after one more hop.
function go(found, proxies, node, scheme) {
    const address = node === undefined ? null : addressOf(node);
    const isKnown = address !== null && proxies.holds(address);
    return isKnown && found !== null && found.address !== null ? found : { address, scheme: schemeOf(scheme) };
}

const GAP = { address: null, scheme: '' };
const VALUE = /(?:"((?:[^"\\]|\\.)*)"|([^,; \t"]+))[ \t]*/y, NAME = /[ \t]*([^=,;"]*)=/y;

// One element at `at`: { at, node, scheme }, or null when the line cannot be read any further.
function readElement(line, at) {
    const element = { at, node: undefined, scheme: undefined };
    const skip = () => { while (line[element.at] === ' ' || line[element.at] === '\t') element.at++; };
    for (skip(); element.at < line.length && line[element.at] !== ','; skip()) {
        if (line[element.at] !== ';' && !readPair(line, element))
            return null;
        if (line[element.at] === ';')
            element.at++;
        else if (element.at < line.length && line[element.at] !== ',')
            return null;
    }
    element.at++;
    return element;
}

function readPair(line, element) {
    NAME.lastIndex = element.at;
    const name = NAME.exec(line)?.[1].toLowerCase();
    if (name === undefined || !isToken(name))
        return false;
    VALUE.lastIndex = NAME.lastIndex;
    const value = VALUE.exec(line), key = name === 'for' ? 'node' : name === 'proto' ? 'scheme' : null;
    if (value === null || (key !== null && element[key] !== undefined))
        return false;
    if (key !== null)
        element[key] = value[1] ?? value[2];
    element.at = VALUE.lastIndex;
    return true;
}

function readForwarded(message, proxies) {
    let found = null;
    for (const line of message.values('forwarded'))
        for (let at = 0; at < line.length;) {
            const element = readElement(line, at);
            if (element === null) {
                found = GAP;
                break;
            }
            ({ at } = element);
            if (element.node !== undefined || element.scheme !== undefined)
                found = go(found, proxies, element.node, element.scheme);
        }
    return found;
}

function readCommon(message, proxies) {
    let found = null;
    for (const node of listOf(message.values('x-forwarded-for')))
        found = go(found, proxies, node, '');
    const scheme = schemeOf(listOf(message.values('x-forwarded-proto')).at(-1)); // the nearest proxy wrote the last one
    return { any: found !== null, address: found?.address ?? null, scheme };
}
