// Shared by the Worker and the Durable Object: options, how an app is made, the client's address, the binding.
//
// Neither may begin anything in the global scope: workerd refuses random numbers, timers and I/O there. The first
// request starts the app. Mistakes of the module and of the options are found when the Worker is loaded.
import { allParts } from '../all-parts.js';
import { App } from '../app.js';
import { Module } from '../module.js';
import { readTable } from '../option-table.js';
import { nameOfLevel, readOptions } from '../options.js';
import { ERROR, Log } from '../log.js';

const BINDING = 'MOCKET'; // of the Durable Object
const OBJECT = 'sockets'; // the name of the one object that holds all sockets, so that `publish` reaches all of them

const isNames = (value) => Array.isArray(value) && value.every((name) => typeof name === 'string');

const TABLE = {
    // name: [default, check, what it must be]
    envNames: [[], isNames, 'an array of names'],
};

export class Setup {
    // envNames: bindings (variables and secrets) that the app gets as environment variables.
    constructor(module, { envNames, ...options } = {}) {
        if (!(module instanceof WebAssembly.Module))
            throw new TypeError('the app must be a WebAssembly.Module (import app from \'./app.wasm\')');
        this.module = module;
        this.envNames = readTable(TABLE, { envNames }).envNames;
        this.options = options;
        this.hasSockets = new Module(module, allParts).hasSockets;
        const { log } = readOptions(this.options);
        this.log = new Log((level, line) => log(nameOfLevel(level), line));
    }

    // An app that has been started, or null after a line in the log.
    start(bindings) {
        try {
            const env = { ...this.granted(bindings), ...this.options.env };
            return new App(this.module, { ...this.options, env }, allParts);
        } catch (reason) {
            this.log.write(ERROR, `the app cannot be started: ${reason.message}`);
            return null;
        }
    }

    granted(bindings) {
        const found = {};
        for (const name of this.envNames) {
            if (typeof bindings[name] !== 'string')
                throw new Error(`"envNames" names ${name}, and the Worker has no text binding (a variable or a ` +
                    'secret) of that name');
            found[name] = bindings[name];
        }
        return found;
    }
}

// The one object that holds the sockets, or null when the Worker has no such binding.
export function objectOf(bindings) {
    const objects = bindings[BINDING];
    return objects === undefined ? null : objects.get(objects.idFromName(OBJECT));
}

const withoutPort = (address) => address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');

// workerd itself tells the address of a connection (host:port, [v6]:port). At Cloudflare's edge, which overwrites what
// clients claim, a field does; so the field counts only where workerd knows no address.
export function peerOf(request) {
    const address = request.cf?.clientIp;
    return address === undefined ? request.headers.get('cf-connecting-ip') ?? '' : withoutPort(address);
}
