// The table of handles: numbers, rows and their limit.
import assert from 'node:assert/strict';
import test from 'node:test';
import { ELIMIT } from '../src/abi.js';
import { Handles } from '../src/handles.js';

test('a thing is found until it is forgotten, however often it was kept', () => {
    const handles = new Handles(), thing = { handle: handles.number() };
    handles.forget(thing); // it has no row
    handles.keep(thing);
    handles.keep(thing);
    assert.deepEqual([handles.get(1), handles.rows.size], [thing, 1]);
    handles.forget(thing);
    assert.deepEqual([handles.get(1), handles.rows.size, thing.handle], [undefined, 0, 1]);
});

test('a number that is taken is not given again', () => {
    const handles = new Handles(), thing = {};
    assert.equal(handles.open(thing), 1);
    handles.last = 0x7FFFFFFF;
    assert.equal(handles.number(), 2);
    handles.end(thing);
    assert.equal(thing.handle, 0);
    handles.last = 0x7FFFFFFF;
    assert.equal(handles.number(), 1);
});

test('there is a limit, and an end makes room', () => {
    const handles = new Handles(), things = Array.from({ length: 8192 }, () => ({}));
    for (const thing of things)
        assert.notEqual(handles.open(thing), ELIMIT);
    assert.equal(handles.open({}), ELIMIT);
    handles.end(things[7]);
    assert.notEqual(handles.open({}), ELIMIT);
    handles.clear();
    assert.deepEqual([handles.rows.size, handles.get(1)], [0, undefined]);
});
