// Serves app.wasm on Deno. README.md says how to start it and what the options are.
import * as deno from './mocket/deno.js';
import { run } from './mocket/run.js';

const bytes = await Deno.readFile(new URL('app.wasm', import.meta.url));

run(deno, bytes, {
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
