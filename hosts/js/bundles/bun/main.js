// Serves app.wasm on Bun. README.md says how to start it and what the options are.
import * as bun from './mocket/bun.js';
import { run } from './mocket/run.js';

const bytes = await Bun.file(new URL('app.wasm', import.meta.url)).bytes();

run(bun, bytes, {
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
