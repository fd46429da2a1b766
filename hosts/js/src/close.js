// Close codes that may be sent (RFC 6455, section 7.4).
export const isValidCloseCode = (code) =>
    code >= 3000 ? code <= 4999 : code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
export const REASON_MAX = 123; // bytes
export const LOST = 1006; // never sent: the connection ended without a close frame
