// The routes of routes.mjs, put into a Hono app.
export function addRoutes(app) {
    app.get('/', (c) => c.text(''));
    app.get('/hello', (c) => c.text('Hello world!'));
    app.get('/json', (c) => c.json({ name: 'John Doe', age: 30, city: 'New York' }));
    app.post('/echo', async (c) => c.body(await c.req.arrayBuffer(), 200,
        { 'Content-Type': c.req.header('Content-Type') ?? 'application/octet-stream' }));
    app.get('/sleep/:ms', async (c) => {
        await new Promise((resolve) => { setTimeout(resolve, Number(c.req.param('ms'))); });
        return c.text(`slept ${c.req.param('ms')}`);
    });
    return app;
}
