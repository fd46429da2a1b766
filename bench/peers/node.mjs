// examples/realtime.c and fanout.c on node:http and ws: what bench/run measures beside them. PORT, BACKENDS.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { WebSocketServer } = createRequire(`${process.env.PEERS}/`)("ws");
const piece = Buffer.alloc(65536, "x");

function stream(response, left) {
    response.writeHead(200, { "content-length": left });
    (function more() {
        while (left > 0) {
            const n = Math.min(left, piece.length);
            left -= n;
            if (!response.write(n === piece.length ? piece : piece.subarray(0, n)))
                return response.once("drain", more);
        }
        response.end();
    })();
}

async function fanout(response) {
    const answers = await Promise.all(process.env.BACKENDS.split(" ").map(async (from) => {
        const reply = await fetch(from, { signal: AbortSignal.timeout(500) });
        return { from, status: reply.status, text: await reply.text() };
    }));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answers));
}

const server = createServer((request, response) => {
    const [, what, n] = request.url.split("/");
    if (what === "sleep") {
        setTimeout(() => response.end(`slept ${n}`), Number(n));
    } else if (what === "bytes") {
        stream(response, Number(n));
    } else if (what === "count") {
        let total = 0;
        request.on("data", (chunk) => { total += chunk.length; });
        request.on("end", () => response.end(String(total)));
    } else {
        fanout(response);
    }
});
new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket) => {
    socket.on("message", (data, binary) => socket.send(data, { binary }));
});
server.listen(Number(process.env.PORT), "127.0.0.1", 1024);
