// Serves app.wasm in the browser, to the pages below this folder. README.md says what the options are.
import { serve } from './mocket/service-worker.js';

serve('app.wasm', {
    // Of app.wasm: this script changes with the app, which is how a browser notices a new one.
    hash: '{{hash}}',
    app: {
        // allowNet: ['example.com'],
    },
});
