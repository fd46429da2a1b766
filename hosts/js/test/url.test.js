// The parts of a request's URL, and the origin that is kept.
import assert from 'node:assert/strict';
import test from 'node:test';
import { parts, split } from '../src/url.js';

const target = () => parts.whole.slice(parts.wholeAt);
const partsOf = (url) => split(url) ? [parts.secure, parts.authority, target()] : null;

test('an origin that comes again, one that it begins with, and others', () => {
    for (let i = 0; i < 40; i++) {
        assert.deepEqual(partsOf('http://a:80/x'), [false, 'a:80', '/x']);
        assert.deepEqual(partsOf('http://a:800/x'), [false, 'a:800', '/x']);
        assert.deepEqual(partsOf('http://a:8/'), [false, 'a:8', '/']);
        assert.deepEqual(partsOf('https://a:80/x?y=/z'), [true, 'a:80', '/x?y=/z']);
        assert.deepEqual(partsOf('http://[::1]:3/a//b'), [false, '[::1]:3', '/a//b']);
    }
});

test('an authority that is not valid is never kept', () => {
    for (let i = 0; i < 40; i++) {
        assert.equal(partsOf('http://a b/x'), null);
        assert.equal(partsOf('http://u@h/x'), null);
        assert.equal(partsOf('http://a:99999/x'), null);
    }
});

test('a URL without an origin or a path', () => {
    for (let i = 0; i < 40; i++) {
        assert.deepEqual(partsOf('/x'), [false, '', '/x']);
        assert.deepEqual(partsOf('http://a:80'), [false, 'a:80', '/']);
        assert.deepEqual(partsOf('http://a:80?q=/'), [false, 'a:80', '/?q=/']);
        assert.deepEqual(partsOf('http://a:80/y#f'), [false, 'a:80', '/y']);
    }
});

test('the text that ends with the target is the URL, where that has nothing behind it', () => {
    const url = 'http://a:80/some/path?x=1';
    split(url);
    assert.equal(parts.whole, url);
    assert.equal(target(), '/some/path?x=1');
    split(`${url}#f`);
    assert.equal(parts.whole, url);
    split('http://a:80?x');
    assert.deepEqual([parts.whole, parts.wholeAt], ['/?x', 0]);
});
