// The files that the worker keeps: the module and the page's script, in a cache of the browser that belongs to one
// version of the app. Its name ends with the hash, so that versions do not mix.
const HASH_DIGITS = 16;

async function hashOf(bytes) {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export class Store {
    // prefix: of the names of all versions' caches. files: URLs.
    constructor(prefix, hash, files) {
        this.prefix = `${prefix} `;
        this.hash = hash;
        this.name = this.prefix + hash.slice(0, HASH_DIGITS);
        this.files = files;
    }

    // From the server, past the browser's HTTP cache.
    async download(url) {
        const response = await fetch(url, { cache: 'reload' });
        if (!response.ok)
            throw new Error(`${url} was answered with ${response.status}`);
        return response;
    }

    async downloadModule() {
        const { module } = this.files, response = await this.download(module), bytes = await response.arrayBuffer();
        const hash = await hashOf(bytes);
        if (hash !== this.hash)
            throw new Error(`the SHA-256 of ${module} is ${hash}, and this worker's script names ${this.hash}: the ` +
                'server has one file of an old version');
        return new Response(bytes, { headers: { 'content-type': 'application/wasm' } });
    }

    async fill() {
        const { module, page } = this.files;
        const [code, script] = await Promise.all([this.downloadModule(), this.download(page)]);
        const cache = await caches.open(this.name);
        await cache.put(module, code);
        await cache.put(page, script);
    }

    find(url) {
        return caches.match(url, { cacheName: this.name });
    }

    // The module. The browser may have deleted the cache.
    async module() {
        const found = await this.find(this.files.module);
        return found ?? this.downloadModule();
    }

    async page() {
        return await this.find(this.files.page) ?? fetch(this.files.page);
    }

    // Deletes the caches of other versions.
    async deleteOthers() {
        const names = await caches.keys();
        await Promise.all(names.filter((name) => name.startsWith(this.prefix) && name !== this.name)
            .map((name) => caches.delete(name)));
    }

    delete() {
        return caches.delete(this.name);
    }
}
