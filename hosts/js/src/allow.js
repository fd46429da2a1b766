// Which servers guests may reach. A rule is HOST, *.HOST (each name below it), an address or network, localhost, or
// all; with :PORT behind it for one port. The same rules as those of `mocket serve --allow-net`.
//
// A name grants the name, and of its addresses the public ones; a loopback or private address is granted by address
// or network. Addresses are looked at where the platform shows them (Node); elsewhere the name alone decides.
import { parseAddress } from './address.js';
import { WARN } from './log.js';
import { isPublic, parseNetwork, within } from './network.js';
import { clock } from './timer.js';

const NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
const LOCAL = /(?:^|\.)localhost$/; // reaches this machine: granted by its own name alone
const RULES_MAX = 64;
const DENIED_MS = 1000;

export const portOf = (url) => Number(url.port) || (url.protocol === 'https:' ? 443 : 80);

const plain = (host) => host.toLowerCase().replace(/\.$/, '');

function refuse(rule, why) {
    throw new TypeError(`allowNet: "${rule}": ${why}. A rule is example.com, *.example.com, 10.0.0.0/8, [::1], ` +
        'localhost or all, each with :PORT behind it for one port only');
}

// A rule -> the host in it, and the port behind it.
function splitPort(rule) {
    const match = /^(\[[^\]]*\](?:\/\d+)?|[^:]*)(?::(\d{1,5}))?$/.exec(rule);
    if (match === null)
        return { host: rule, port: 0 }; // an IPv6 network without brackets
    const port = match[2] === undefined ? 0 : Number(match[2]);
    if (match[2] !== undefined && (port === 0 || port > 65535))
        refuse(rule, 'the port is not one of 1 to 65535');
    return { host: match[1].replace(/^\[(.*)\]/, '$1'), port };
}

function parseRule(rule) {
    if (typeof rule !== 'string' || rule === '')
        refuse(String(rule), 'it is not a text');
    const { host, port } = splitPort(rule), network = parseNetwork(host);
    if (network !== null)
        return { kind: 'address', network, port };
    const name = plain(host);
    if (name === 'all' || name === '*')
        return { kind: 'all', port };
    const below = name.startsWith('*.');
    const text = below ? name.slice(2) : name;
    if (!NAME.test(text) || /(?:^|\.)\d+$|(?:^|\.)0x[0-9a-f]*$/.test(text))
        refuse(rule, 'it is neither a name nor an address');
    return { kind: below ? 'below' : 'name', name: text, port };
}

export class Nets {
    constructor(rules) {
        if (!Array.isArray(rules) || rules.length > RULES_MAX)
            throw new TypeError(`allowNet must be an array of up to ${RULES_MAX} rules`);
        this.rows = rules.map(parseRule);
        this.denied = -Infinity; // when a denial was logged
    }

    // May this URL's host be looked up, or connected to if it is an address?
    allowsUrl(url) {
        const host = plain(url.hostname.replace(/^\[(.*)\]$/, '$1'));
        const port = portOf(url), address = parseAddress(host);
        return address !== null ? this.allowsAddress('', port, address)
            : this.rows.some((row) => this.names(row, host, port));
    }

    names(row, host, port) {
        if (row.port !== 0 && row.port !== port)
            return false;
        if (row.kind === 'name')
            return row.name === host;
        return !LOCAL.test(host) && (row.kind === 'all' || (row.kind === 'below' && host.endsWith(`.${row.name}`)));
    }

    // May this address of a host be connected to? host: '' when the URL named the address.
    allowsAddress(host, port, address) {
        const fits = (row) => row.port === 0 || row.port === port;
        if (this.rows.some((row) => row.kind === 'address' && fits(row) && within(row.network, address)))
            return true;
        if (host === 'localhost')
            return address.isLoopback && this.rows.some((row) => this.names(row, host, port));
        const named = host === '' ? (row) => row.kind === 'all' && fits(row) : (row) => this.names(row, host, port);
        return isPublic(address) && this.rows.some(named);
    }

    // At most once a second: a guest may ask for the same server again and again.
    deny(log, url) {
        const now = clock();
        if (now - this.denied < DENIED_MS)
            return;
        this.denied = now;
        const rule = `${url.hostname}:${portOf(url)}`;
        log.write(WARN, `fetch denied (allowNet): it needs --allow-net ${rule}`);
    }
}
