// The same routes as routes.mjs on Hono: with @hono/node-server on Node, else on the runtime's own server. PORT, PEERS:
// the folder of node_modules.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { addRoutes } from './hono-routes.mjs';

const require = createRequire(`${process.env.PEERS}/`);
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { Hono } = await load('hono'), app = addRoutes(new Hono());

const port = Number(process.env.PORT), hostname = '127.0.0.1';
if (typeof Deno !== 'undefined')
    Deno.serve({ port, hostname, onListen: () => {} }, app.fetch);
else if (typeof Bun !== 'undefined')
    Bun.serve({ port, hostname, fetch: app.fetch });
else
    (await load('@hono/node-server')).serve({ fetch: app.fetch, port, hostname });
