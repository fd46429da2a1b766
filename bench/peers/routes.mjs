// The routes of examples/routes.c and the sleeping one of examples/realtime.c, on a plain node:http server: what
// bench/js measures the JavaScript host beside. PORT.
import { createServer } from 'node:http';

function send(response, type, body) {
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
}

function echo(request, response) {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => send(response, request.headers['content-type'] ?? 'application/octet-stream',
        Buffer.concat(pieces)));
}

createServer({ optimizeEmptyRequests: true }, (request, response) => {
    const { method, url } = request;
    if (method === 'POST' && url === '/echo')
        echo(request, response);
    else if (url === '/hello')
        send(response, 'text/plain; charset=utf-8', 'Hello world!');
    else if (url === '/json')
        send(response, 'application/json', JSON.stringify({ name: 'John Doe', age: 30, city: 'New York' }));
    else if (url.startsWith('/sleep/'))
        setTimeout(() => send(response, 'text/plain; charset=utf-8', `slept ${url.slice(7)}`), Number(url.slice(7)));
    else
        response.writeHead(url === '/' ? 200 : 404).end();
}).listen(Number(process.env.PORT), '127.0.0.1');
