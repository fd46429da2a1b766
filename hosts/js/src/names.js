// Names of header fields. The same few come again and again, so their lower-case form is kept.
const CONNECTION = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'expect',
    'proxy-connection'];
const hopByHop = new Set(CONNECTION);
const KEPT_MAX = 1024, KEPT_LEN = 64;
const kept = new Map(); // a name as it came -> in lower case, or null: it belongs to the connection

// The name in lower case; null for a field of the connection, which is never passed on.
export function passedName(name) {
    let lower = kept.get(name);
    if (lower === undefined) {
        lower = name.toLowerCase();
        if (hopByHop.has(lower))
            lower = null;
        if (kept.size < KEPT_MAX && name.length < KEPT_LEN)
            kept.set(name, lower);
    }
    return lower;
}

const USUAL = /^(?:keep-alive|close|upgrade)$/i;

// The fields that a Connection field names beside its own options, as a set of lower-case names; null: none.
export function namedByConnection(value) {
    if (USUAL.test(value))
        return null;
    const names = value.toLowerCase().split(',').map((name) => name.trim());
    return new Set(names.filter((name) => name !== '' && !hopByHop.has(name) && name !== 'close'));
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

export const isToken = (text) => TOKEN.test(text);
// May a guest send this value? Control bytes other than TAB are refused.
export const isValue = (text) => !CONTROL.test(text);
