// Has the client left? Deno charges 20 us for the signal of a request, and Bun 2: requests that wait briefly do
// without. A signal that is asked for late still says that the client has left.
import { Limits } from './limits.js';
import { whenLeft } from './web.js';

const LOOK_MS = 50, looks = new Limits(LOOK_MS);

// As whenLeft of web.js.
export function whenLeftLater(request, callback) {
    let stop = null;
    const look = looks.start(() => { stop = whenLeft(request, callback); }, LOOK_MS);
    return () => {
        looks.stop(look);
        stop?.();
    };
}
