// Two members of a room of examples/chat.c: each sees the other come, talk and leave.
//     node chat.js PORT
import assert from 'node:assert/strict';
import { once } from 'node:events';

const [port] = process.argv.slice(2);

class Member {
    constructor(name) {
        this.ws = new WebSocket(`ws://127.0.0.1:${port}/rooms/tea?name=${name}`);
        this.lines = [];
        this.news = () => {};
        this.ws.onmessage = ({ data }) => {
            this.lines.push(data.replaceAll('\t', ' '));
            this.news();
        };
    }

    async sees(line) {
        const late = AbortSignal.timeout(10000);
        while (!this.lines.includes(line)) {
            late.throwIfAborted();
            await Promise.race([new Promise((resolve) => { this.news = resolve; }), once(late, 'abort')]);
        }
    }
}

const ann = new Member('ann');
await once(ann.ws, 'open');
const bob = new Member('bob');
await once(bob.ws, 'open');
await ann.sees('join bob ');
ann.ws.send('tea, \u{1F375}?');
await bob.sees('say ann tea, \u{1F375}?');
await ann.sees('say ann tea, \u{1F375}?');
bob.ws.close(1000, 'bye');
const [{ code }] = await once(bob.ws, 'close');
assert.equal(code, 1000);
await ann.sees('leave bob ');
ann.ws.close();
const refused = await fetch(`http://127.0.0.1:${port}/rooms/tea?name=eve`);
assert.equal(refused.status, 426);
console.log(ann.lines.join('\n'));
