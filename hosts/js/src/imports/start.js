// Until `listen`: option, listen (docs/abi.md, section 2).
import * as abi from '../abi.js';
import { ERROR } from '../log.js';

const ADDRESS_MAX = 255;
const FLAGS = abi.REUSE_MASK | abi.STREAM_BODY | abi.BODY_ERRORS;

function setOption(declared, key, value) {
    switch (key) {
    case abi.OPTION_MINOR:
        return value === 0n ? abi.MINOR : abi.EINVAL;
    case abi.OPTION_MAX_BODY:
    case abi.OPTION_MAX_MESSAGE:
        if (value < -1n)
            return abi.EINVAL;
        declared[key === abi.OPTION_MAX_BODY ? 'maxBody' : 'maxMessage'] = value === -1n ? Infinity : Number(value);
        return 0;
    case abi.OPTION_ON_DEMAND:
        if (value !== 0n && value !== 1n)
            return abi.EINVAL;
        declared.onDemand = value === 1n;
        return 0;
    case abi.OPTION_REPLAY:
        if (value !== 0n && value !== 1n)
            return abi.EINVAL;
        declared.replays = value === 1n;
        return 0;
    default:
        return abi.ENOTSUP;
    }
}

export function startImports(instance) {
    const { declared } = instance;
    const isStarting = () => !declared.listening && instance.exports !== null && instance.current === null;
    const refuse = (code, why) => {
        instance.log.write(ERROR, `listen: ${why}`);
        return code;
    };
    return {
        option: (key, value) => isStarting() ? setOption(declared, key, value) : abi.ESTATE,
        listen: (version, flags, ptr, len) => {
            const reuse = flags & abi.REUSE_MASK;
            if (!isStarting())
                return abi.ESTATE;
            if (version !== abi.VERSION)
                return refuse(abi.ENOTSUP, `it speaks version ${version >>> 0} of the guest ABI, this host speaks ` +
                    `version ${abi.VERSION}`);
            if ((flags & ~FLAGS) !== 0 || reuse > abi.REUSE_CONCURRENT)
                return refuse(abi.EINVAL, 'unknown flags');
            if (reuse === abi.REUSE_CONCURRENT && instance.direct)
                return refuse(abi.EINVAL, 'a module that imports await cannot ask for concurrent reuse');
            const address = instance.memory.text(ptr, len);
            if (address === null)
                return abi.EFAULT;
            if (address === undefined || address.length > ADDRESS_MAX || address.includes('\0'))
                return refuse(abi.EINVAL, 'that is not an address');
            Object.assign(declared, { listening: true, reuse, address, streams: (flags & abi.STREAM_BODY) !== 0,
                bodyErrors: (flags & abi.BODY_ERRORS) !== 0 });
            return 0;
        },
    };
}
