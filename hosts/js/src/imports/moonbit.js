// The imports of MoonBit's runtime: println, and parts of its standard library, of which only the clock works here.
import { wallNs } from './environment.js';
import { utf8Of } from '../text.js';

// A line comes as UTF-16 code units, one call for each.
function printer(instance) {
    let high = '';
    return (unit) => {
        const c = String.fromCharCode(unit);
        if (unit >= 0xD800 && unit < 0xDC00) {
            high = c;
            return;
        }
        instance.output.add(utf8Of(high + c));
        high = '';
    };
}

const inert = new Proxy({}, { get: () => () => 0 });

export const MOONBIT_MODULES = ['spectest', '__moonbit_fs_unstable', '__moonbit_time_unstable'];

export function moonbitImports(instance) {
    return {
        spectest: { print_char: printer(instance) },
        __moonbit_fs_unstable: inert,
        __moonbit_time_unstable: { now: () => wallNs() / 1000000n },
    };
}
