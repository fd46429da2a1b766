// The routes of routes.mjs as a plain Worker.
const answer = (type, body) => new Response(body, { headers: { 'Content-Type': type } });
const TEXT = 'text/plain; charset=utf-8';

async function slept(ms) {
    await new Promise((resolve) => { setTimeout(resolve, Number(ms)); });
    return answer(TEXT, `slept ${ms}`);
}

export default {
    fetch(request) {
        const { method, url } = request, target = url.slice(url.indexOf('/', 8));
        if (method === 'POST' && target === '/echo')
            return request.arrayBuffer().then((body) =>
                answer(request.headers.get('content-type') ?? 'application/octet-stream', body));
        if (target === '/hello')
            return answer(TEXT, 'Hello world!');
        if (target === '/json')
            return answer('application/json', JSON.stringify({ name: 'John Doe', age: 30, city: 'New York' }));
        if (target.startsWith('/sleep/'))
            return slept(target.slice(7));
        return new Response(null, { status: target === '/' ? 200 : 404 });
    },
};
