// Serves app.wasm on Node. README.md says how to start it and what the options are.
import { readFile } from 'node:fs/promises';
import * as node from './mocket/node.js';
import { run } from './mocket/run.js';

const bytes = await readFile(new URL('app.wasm', import.meta.url));

run(node, bytes, {
    app: {
        // allowNet: ['example.com'],
        // env: { NAME: 'value' },
    },
    serve: {
        // port: 3000, hostname: '127.0.0.1',
    },
}).catch((reason) => {
    console.error(`mocket: error: ${reason.message}`);
    process.exit(1);
});
