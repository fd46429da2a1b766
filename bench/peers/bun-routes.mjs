// The routes of routes.mjs on Bun.serve. PORT.
import worker from './worker.mjs';

Bun.serve({ hostname: '127.0.0.1', port: Number(process.env.PORT), fetch: worker.fetch });
