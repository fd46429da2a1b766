// Reason phrases of the registry, and the text of the host's own answers.
const REASONS = {
    400: 'Bad Request', 405: 'Method Not Allowed', 408: 'Request Timeout', 413: 'Content Too Large',
    414: 'URI Too Long', 417: 'Expectation Failed', 421: 'Misdirected Request', 422: 'Unprocessable Content',
    431: 'Request Header Fields Too Large', 500: 'Internal Server Error', 501: 'Not Implemented',
    503: 'Service Unavailable', 504: 'Gateway Timeout', 505: 'HTTP Version Not Supported',
};

// Undefined: the platform's own phrase is right.
export const reasonOf = (status) => REASONS[status];
export const refusalText = (status) => status === 413 ? 'Request body too large' : REASONS[status];

// Flat fields of an answer of the host's own, without its length.
export function refusalFields(status) {
    const fields = ['Content-Type', 'text/plain; charset=utf-8'];
    if (status === 503)
        fields.push('Retry-After', '1');
    return fields;
}
