// Whole answers: respond (docs/abi.md, sections 2 and 5). body.js has the streamed ones.
import { EFAULT, EHANDLE, EINVAL, ESTATE, HEAD_MAX } from '../abi.js';
import { Exchange, NONE } from '../exchange.js';
import { readHead } from '../head.js';

// The head of an answer that can be given now, or a code.
export function takeHead(instance, ex, ptr, len, handshake) {
    if (!(ex instanceof Exchange))
        return EHANDLE;
    if (ex.answer !== NONE || ex.state !== 0)
        return ex.state !== 0 ? ex.state : ESTATE;
    if (len > HEAD_MAX)
        return EINVAL;
    return instance.memory.fits(ptr, len) ? readHead(instance.memory, ptr, len, handshake) : EFAULT;
}

export function answerImports(instance) {
    return {
        respond(req, headPtr, headLen, bodyPtr, bodyLen) {
            const ex = instance.find(req), head = takeHead(instance, ex, headPtr >>> 0, headLen >>> 0, false);
            if (typeof head === 'number')
                return head;
            if (!instance.memory.fits(bodyPtr >>> 0, bodyLen >>> 0))
                return EFAULT;
            return ex.respond(head, instance.memory, bodyPtr >>> 0, bodyLen >>> 0);
        },
    };
}
