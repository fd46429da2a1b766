// The answer when the app cannot be loaded: a page where the browser wanted one, else a text.
const escape = (text) => text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);

const pageOf = (text) => `<!doctype html>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The app did not start</title>
<h1>The app did not start</h1>
<p>${escape(text)}</p>
<p><a href="">Try again</a></p>
`;

export function failure(request, reason) {
    const text = String(reason?.message ?? reason), isPage = request.mode === 'navigate';
    console.error(`mocket: error: the app did not start: ${text}`);
    return new Response(isPage ? pageOf(text) : `The app did not start: ${text}\n`, {
        status: 503,
        headers: { 'content-type': `text/${isPage ? 'html' : 'plain'}; charset=utf-8`, 'cache-control': 'no-store' },
    });
}
