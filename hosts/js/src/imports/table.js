// The imports of a guest, made for one instance.
import { answerImports } from './answer.js';
import { environmentImports } from './environment.js';
import { fetchImports } from './fetch.js';
import { moonbitImports } from './moonbit.js';
import { socketImports } from './socket.js';
import { startImports } from './start.js';
import { waitImports } from './wait.js';
import { wasiImports } from '../wasi.js';

export function importsFor(instance) {
    return {
        mocket: {
            ...startImports(instance),
            ...answerImports(instance),
            ...waitImports(instance),
            ...fetchImports(instance),
            ...socketImports(instance),
            ...environmentImports(instance),
        },
        wasi_snapshot_preview1: wasiImports(instance),
        ...moonbitImports(instance),
    };
}
