// The npm package ws against /echo. Usage: node ws.mjs FOLDER-OF-WS ws://HOST:PORT
import { createRequire } from "node:module";
import assert from "node:assert";
import { randomBytes } from "node:crypto";

const [folder, url] = process.argv.slice(2);
const WebSocket = createRequire(folder + "/")("ws");
const next = (socket, event) => new Promise((resolve, reject) => {
    socket.once(event, (...values) => resolve(values));
    socket.once("error", reject);
});

const socket = new WebSocket(url + "/about/x", ["other", "chat.v1"]);
await next(socket, "open");
assert.equal(socket.protocol, "chat.v1");
assert.equal(socket.extensions, "");
socket.close(1000);
assert.equal((await next(socket, "close"))[0], 1000);

const echo = new WebSocket(url + "/echo", { perMessageDeflate: true });
await next(echo, "open");
for (const length of [0, 1, 125, 126, 65535, 65536, 1 << 20, 4 << 20]) {
    const bytes = randomBytes(length);
    echo.send(bytes);
    const [data, binary] = await next(echo, "message");
    assert.ok(binary && bytes.equals(data), `${length} bytes`);
}
const text = "grüße \u{1f600} ".repeat(5000);
echo.send(text.slice(0, 7), { fin: false });
echo.send(text.slice(7, 9), { fin: false }); // the two halves of one character
echo.ping("between");
echo.send(text.slice(9), { fin: true });
const [[pong], [data, binary]] = await Promise.all([next(echo, "pong"), next(echo, "message")]);
assert.equal(pong.toString(), "between");
assert.ok(!binary);
assert.equal(data.toString().replaceAll("\ufffd", "").length > 40000, true);

// Many at once: all of them come, in order.
let count = 0;
const all = new Promise((resolve) => echo.on("message", (message) => {
    assert.equal(message.toString(), `message ${count}`);
    if (++count === 10000)
        resolve();
}));
for (let n = 0; n < 10000; n++)
    echo.send(`message ${n}`);
await all;
echo.close(1000, "done");
const [code] = await next(echo, "close");
assert.equal(code, 1000);

// A server that closes.
const closes = new WebSocket(url + "/closes");
await next(closes, "open");
closes.send("4001 because");
const [why, reason] = await next(closes, "close");
assert.equal(why, 4001);
assert.equal(reason.toString(), "because");

await assert.rejects(next(new WebSocket(url + "/echo", { origin: "https://evil.example" }), "open"), /403/);
