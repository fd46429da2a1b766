// The URL of a Request -> its scheme, authority and target. Bun gives the target alone where Host is missing or none.
//
// The same origin comes again and again. The last one is kept, and a URL that begins with it is not taken apart.
import { isAuthority } from './authority.js';
import { platform } from './platform.js';
import { flat } from './text.js';

const SLASH = 0x2F;
const KEEP_EVERY = 16; // a server of many names pays little for what is kept
const kept = { origin: '', authority: '', secure: false };
let others = 0; // URLs that did not begin with the kept origin

export const parts = { secure: false, authority: '', whole: '', wholeAt: 0 };

// Sets `parts`. False: the authority is not valid. The authority is empty where there is none; `whole` ends with the
// target, which begins at wholeAt.
export function split(url) {
    const { origin } = kept;
    if (url.charCodeAt(origin.length) !== SLASH || origin === '' || !url.startsWith(origin))
        return splitOther(url);
    parts.secure = kept.secure;
    parts.authority = kept.authority;
    setTarget(url, origin.length);
    return true;
}

function setTarget(url, slash) {
    const hash = platform.passesFragments ? -1 : url.indexOf('#', slash);
    parts.whole = hash < 0 ? url : url.slice(0, hash);
    parts.wholeAt = slash;
}

function splitOther(url) {
    const from = url.startsWith('http://') ? 7 : url.startsWith('https://') ? 8 : 0, slash = url.indexOf('/', from);
    if (from === 0 || slash < 0 || url.lastIndexOf('?', slash) > 0)
        return splitStrange(url);
    parts.secure = from === 8;
    parts.authority = url.slice(from, slash);
    setTarget(url, slash);
    const isValid = isAuthority(parts.authority);
    if (isValid && others++ % KEEP_EVERY === 0)
        keep(url.slice(0, from), parts);
    return isValid;
}

function keep(scheme, { authority, secure }) {
    kept.authority = flat(authority);
    kept.origin = flat(scheme + authority);
    kept.secure = secure;
}

const ABSOLUTE = platform.passesFragments ? /^(https?):\/\/([^/?#]*)(.*)/is : /^(https?):\/\/([^/?#]*)([^#]*)/i;

function splitStrange(url) {
    const [, scheme = '', authority = '', rest = url] = ABSOLUTE.exec(url) ?? [];
    parts.secure = scheme.length === 5;
    parts.authority = authority;
    parts.whole = rest.startsWith('/') ? rest : `/${rest}`;
    parts.wholeAt = 0;
    return authority === '' || isAuthority(authority);
}
