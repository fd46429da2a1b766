// Options of `serve`, the same in every entry that has one, and the shape of what `serve` answers.
const WS_IDLE_MS = 60000, PORT = 3000;

const isTime = (value) => typeof value === 'number' && value > 0;

const TABLE = {
    // name: [default, check, what it must be]
    port: [undefined, () => true, ''],
    hostname: [undefined, (value) => value === undefined || typeof value === 'string', 'a text'],
    wsIdle: [WS_IDLE_MS, isTime, 'a number of milliseconds above 0, or Infinity'],
};

function portOf(given, env) {
    const port = given ?? (env.PORT || PORT);
    const number = typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port;
    if (!Number.isInteger(number) || number < 0 || number > 65535)
        throw new TypeError(`the port (${given === undefined ? 'PORT' : 'port'}) must be a number of 0 to 65535, ` +
            `not "${port}"`);
    return number;
}

// env: an object with PORT and HOST, the defaults of port and hostname.
export function readServing(given, env) {
    if (typeof given !== 'object' || given === null)
        throw new TypeError('the options must be an object');
    for (const name of Object.keys(given))
        if (!Object.hasOwn(TABLE, name))
            throw new TypeError(`there is no option "${name}"; there are: ${Object.keys(TABLE).join(', ')}`);
    const options = {};
    for (const [name, [fallback, check, what]] of Object.entries(TABLE)) {
        options[name] = given[name] ?? fallback;
        if (!check(options[name]))
            throw new TypeError(`the option "${name}" must be ${what}`);
    }
    options.port = portOf(given.port, env);
    options.hostname ??= env.HOST || undefined;
    return options;
}

export const GRACE_MS = 10000;

export function urlOf({ hostname, port }) {
    return `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}/`;
}
