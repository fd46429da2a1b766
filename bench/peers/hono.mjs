// The same routes as routes.mjs on Hono: with @hono/node-server on Node, else on the runtime's own server. PORT, PEERS:
// the folder of node_modules.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.env.PEERS}/`);
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { Hono } = await load('hono'), app = new Hono();

app.get('/', (c) => c.text(''));
app.get('/hello', (c) => c.text('Hello world!'));
app.get('/json', (c) => c.json({ name: 'John Doe', age: 30, city: 'New York' }));
app.post('/echo', async (c) => c.body(await c.req.arrayBuffer(), 200,
    { 'Content-Type': c.req.header('Content-Type') ?? 'application/octet-stream' }));
app.get('/sleep/:ms', async (c) => {
    await new Promise((resolve) => { setTimeout(resolve, Number(c.req.param('ms'))); });
    return c.text(`slept ${c.req.param('ms')}`);
});

const port = Number(process.env.PORT), hostname = '127.0.0.1';
if (typeof Deno !== 'undefined')
    Deno.serve({ port, hostname, onListen: () => {} }, app.fetch);
else if (typeof Bun !== 'undefined')
    Bun.serve({ port, hostname, fetch: app.fetch });
else
    (await load('@hono/node-server')).serve({ fetch: app.fetch, port, hostname });
