// The authority of a request: a name or an address, and a port (RFC 3986, section 3.2, without user information).
const HOST = /^(?:\[[0-9a-f:.]{2,45}\]|(?:[0-9a-z._~!$&'()*+,;=-]|%[0-9a-f]{2})*)(?::(\d{0,5}))?$/i;

function isRight(text) {
    const match = HOST.exec(text);
    return match !== null && (match[1] === undefined || Number(match[1]) < 65536) &&
        (text[0] !== '[' || URL.canParse(`http://${text}/`));
}

// The same authorities come again: a text is compared first with the last one that was found right.
let last = '';
export function isAuthority(text) {
    if (text === last)
        return true;
    const right = isRight(text);
    if (right)
        last = text;
    return right;
}
