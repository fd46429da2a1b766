// Pages over https, with sockets and events over TLS: the example apps, natively and in `mocket serve`.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { enter, say, sees, show } from './chat.js';
import { launch, missing, tabOf } from './chromium.js';
import { Certificates, NAME, Server, has, hasHost } from './secure.js';

const OTHER = 'other.test'; // leads to the servers too, and is not in their certificate
const NO_ICON = /status of 404/; // Chromium asks for /favicon.ico, which the example realtime does not have
const lacking = ['certutil', 'openssl'].filter((program) => !has(program));
const skip = missing || (lacking.length > 0 && `there is no ${lacking} (tools/setup --tests)`);
let browser, certificates;

before(async () => {
    if (skip)
        return;
    certificates = new Certificates();
    browser = await launch([`--host-resolver-rules=MAP ${NAME} 127.0.0.1, MAP ${OTHER} 127.0.0.1`],
        certificates.file('authority.pem'));
});
after(async () => {
    await browser?.close();
    certificates?.remove();
});

// run: ({ servers, open, openElsewhere }), with servers of these apps, whose certificate is `first`. open: (target) ->
// a tab that shows it. openElsewhere: the same in a context without connections. No tab may meet an error, and every
// server must end with 0.
async function withServers(kind, apps, run) {
    const contexts = [await browser.open()], tabs = [], servers = [];
    const openIn = async (context, target) => {
        const page = await tabOf(context);
        tabs.push(page);
        page.answer = await page.goto(target);
        return page;
    };
    certificates.renew('first');
    try {
        for (const app of apps)
            servers.push(new Server(kind, app, certificates));
        await Promise.all(servers.map((server) => server.start()));
        await run({ servers, open: (target) => openIn(contexts[0], target), openElsewhere: async (target) => {
            contexts.push(await browser.open());
            return openIn(contexts.at(-1), target);
        } });
        assert.deepEqual(tabs.flatMap((page) => page.problems).filter((text) => !NO_ICON.test(text)), []);
    } finally {
        await Promise.all(contexts.map((context) => context.close()));
        await Promise.all(servers.map((server) => server.stop()));
    }
}

const subjectOf = (page) => page.answer.securityDetails().subjectName();

// Collects in the tab what an EventSource says.
const listen = (page) => page.evaluate(() => {
    window.said = [];
    const source = new EventSource('/sse');
    for (const kind of ['open', 'error', 'tick'])
        source.addEventListener(kind, ({ data }) => window.said.push(data ?? kind));
});

const heard = async (page, count) => {
    await page.waitForFunction((wanted) => window.said.length >= wanted, { polling: 100 }, count);
    return page.evaluate(() => window.said);
};

const upTo = (count) => ['open', ...Array.from({ length: count - 1 }, (_, i) => String(i + 1))];

function suite(kind) {
    test('from http to an https page, whose tabs chat over wss', () =>
        withServers(kind, ['chat'], async ({ servers: [server], open }) => {
            const page = await open(`${server.plainOrigin}/`), other = await open(`${server.origin}/`);
            const details = page.answer.securityDetails();
            assert.deepEqual([page.url(), details.protocol(), details.issuer(), details.subjectName()],
                [`${server.origin}/`, 'TLS 1.3', 'authority', 'first']);
            assert.deepEqual(await page.evaluate(() => [location.protocol, isSecureContext]), ['https:', true]);
            await enter(page, 'ann');
            await enter(other, 'bob');
            await sees(page, 'bob came');
            assert.ok((await page.evaluate('socket.url')).startsWith(`wss://${NAME}:`));
            await say(page, 'nobody else can read this');
            await say(other, `not even ${'\u26A1'.repeat(300)}`);
            for (const tab of [page, other]) {
                await sees(tab, 'ann: nobody else can read this');
                await sees(tab, `bob: not even ${'\u26A1'.repeat(300)}`);
            }
            await other.close();
            await sees(page, 'bob left');
        }));

    test('a new certificate: sockets and events go on, new connections get it', () =>
        withServers(kind, ['chat', 'realtime'], async ({ servers: [chat, realtime], open, openElsewhere }) => {
            const page = await open(`${chat.origin}/`), events = await open(`${realtime.origin}/sleep/0`);
            await enter(page, 'ann');
            await listen(events);
            assert.deepEqual(await heard(events, 2), upTo(2));
            certificates.renew('second');
            await Promise.all([chat.reload(), realtime.reload()]);
            const other = await openElsewhere(`${chat.origin}/`);
            assert.deepEqual([subjectOf(page), subjectOf(other)], ['first', 'second']);
            await enter(other, 'bob');
            await say(other, 'by the second');
            await sees(page, 'bob: by the second');
            await say(page, 'by the first');
            await sees(other, 'ann: by the first');
            const third = await open(`${chat.origin}/`); // a new socket beside the first one's
            await enter(third, 'eve');
            await sees(page, 'eve came');
            assert.equal(await page.evaluate('document.querySelector(".state")'), null); // not lost in between
            await show(page);
            assert.deepEqual((await heard(events, 5)).slice(0, 5), upTo(5));
        }));
}

describe('https', { skip }, () => {
    test('this Chromium refuses other names and other authorities', () =>
        withServers('native', ['chat'], async ({ servers: [server], open, openElsewhere }) => {
            const elsewhere = server.origin.replace(NAME, OTHER);
            await assert.rejects(open(`${elsewhere}/`), /ERR_CERT_COMMON_NAME_INVALID/);
            const page = await open(`${server.origin}/`);
            assert.equal(await page.evaluate((url) => new Promise((resolve) => {
                const socket = new WebSocket(url);
                socket.onopen = () => resolve('open');
                socket.onclose = ({ code }) => resolve(code);
            }), `${elsewhere.replace('https', 'wss')}/rooms/lobby?name=ann`), 1006);
            assert.match(page.problems.splice(0).join(), /ERR_CERT_COMMON_NAME_INVALID/);
            certificates.renew('first', 'stranger');
            await server.reload();
            await assert.rejects(openElsewhere(`${server.origin}/`), /ERR_CERT_AUTHORITY_INVALID/);
        }));

    describe('natively', () => suite('native'));
    describe('in mocket serve', { skip: !hasHost('chat') && 'there is no wasm host' }, () => suite('wasm'));
});
