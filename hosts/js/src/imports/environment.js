// Surroundings: log, now, random (docs/abi.md, section 2).
import { WALL } from '../abi.js';
import { DEBUG, ERROR, INFO } from '../log.js';

const RANDOM_PIECE = 65536; // the most that getRandomValues gives at once
const NS = 1000000;

export const wallNs = () => BigInt(Date.now()) * BigInt(NS);
export const monotonicNs = () => BigInt(Math.round((globalThis.performance ?? Date).now() * NS));

// False when the range is outside the memory.
export function fillRandom(memory, ptr, len) {
    if (!memory.fits(ptr, len))
        return false;
    const { u8 } = memory.fresh();
    for (let at = ptr; at < ptr + len; at += RANDOM_PIECE)
        crypto.getRandomValues(u8.subarray(at, Math.min(at + RANDOM_PIECE, ptr + len)));
    return true;
}

export function environmentImports(instance) {
    const trap = (what) => { throw new RangeError(`${what}: a range outside the memory`); };
    return {
        log: (level, ptr, len) => {
            const bytes = instance.memory.copy(ptr, Math.min(len >>> 0, 0x7FFFFFFF)) ?? trap('log');
            instance.log.guest(level >= ERROR && level <= DEBUG ? level : INFO, bytes);
        },
        now: (clock) => clock === WALL ? wallNs() : monotonicNs(),
        random: (ptr, len) => void (fillRandom(instance.memory, ptr >>> 0, len >>> 0) || trap('random')),
    };
}
