// Which requests the app answers, and the target that it sees.
//
//     scope          the app answers nothing outside of it
//     base           the path below which the app lies; it is removed from the target and put in front of redirects
//     passthrough    paths below the scope that go to the network: exact, or everything below when they end with /
export class Place {
    constructor({ scope, base, passthrough }, registered) {
        this.scope = new URL(scope ?? registered, registered);
        this.base = (base ?? this.scope.pathname).replace(/\/+$/, '');
        this.isPassed = typeof passthrough === 'function' ? passthrough : byPaths(passthrough, this.scope);
    }

    // request: a Request, or what a WebSocket's handshake has of one.
    has(request) {
        const url = new URL(request.url), { pathname } = url;
        return url.origin === this.scope.origin && pathname.startsWith(this.scope.pathname) &&
            (pathname === this.base || pathname.startsWith(`${this.base}/`)) && !this.isPassed(request);
    }

    // The URL as the app sees it.
    inner(text) {
        const url = new URL(text);
        url.pathname = url.pathname.slice(this.base.length) || '/';
        return url.href;
    }

    // Redirects name paths of the app; pages need paths of the origin.
    outer(response) {
        const location = this.base === '' ? null : response.headers.get('location');
        if (location !== null && /^\/(?!\/)/.test(location))
            response.headers.set('location', this.base + location);
        return response;
    }
}

function byPaths(paths, scope) {
    const known = paths.map((path) => new URL(path, scope).pathname);
    return (request) => {
        const { pathname } = new URL(request.url);
        return known.some((path) => path.endsWith('/') ? pathname.startsWith(path) : pathname === path);
    };
}
