// The imports of a guest, made for one instance. Parts that the guest does not import are null (parts.js).
import { answerImports } from './answer.js';
import { environmentImports } from './environment.js';
import { startImports } from './start.js';
import { basicImports } from '../wasi-basic.js';

export function importsFor(instance) {
    const { body, wait, fetch, socket, wasi, moonbit } = instance.app.parts;
    return {
        mocket: {
            ...startImports(instance),
            ...answerImports(instance),
            ...body?.bodyImports(instance),
            ...wait?.waitImports(instance),
            ...fetch?.fetchImports(instance),
            ...socket?.socketImports(instance),
            ...environmentImports(instance),
        },
        wasi_snapshot_preview1: { ...basicImports(instance), ...wasi?.wasiImports(instance) },
        ...moonbit?.moonbitImports(instance),
    };
}
