// The same as node.mjs on Bun.serve.
const piece = new Uint8Array(65536).fill(120);

function stream(left) {
    const body = new ReadableStream({
        type: "direct",
        async pull(controller) {
            for (let n; left > 0; left -= n) {
                n = Math.min(left, piece.length);
                controller.write(n === piece.length ? piece : piece.subarray(0, n));
                await controller.flush();
            }
            controller.close();
        },
    });
    return new Response(body, { headers: { "content-type": "application/octet-stream" } });
}

async function count(request) {
    let total = 0;
    for await (const chunk of request.body ?? [])
        total += chunk.length;
    return new Response(String(total));
}

async function fanout() {
    return Response.json(await Promise.all(process.env.BACKENDS.split(" ").map(async (from) => {
        const reply = await fetch(from, { signal: AbortSignal.timeout(500) });
        return { from, status: reply.status, text: await reply.text() };
    })));
}

Bun.serve({
    hostname: "127.0.0.1",
    port: Number(process.env.PORT),
    maxRequestBodySize: 2 ** 40,
    idleTimeout: 0,
    async fetch(request, server) {
        if (server.upgrade(request))
            return undefined;
        const [, what, n] = new URL(request.url).pathname.split("/");
        if (what === "sleep") {
            await Bun.sleep(Number(n));
            return new Response(`slept ${n}`);
        }
        return what === "bytes" ? stream(Number(n)) : what === "count" ? count(request) : fanout();
    },
    websocket: { perMessageDeflate: false, message(socket, data) { socket.send(data); } },
});
