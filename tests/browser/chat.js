// The page of the example chat, in a tab.
import { POLLING } from './chromium.js';

export const sees = (page, line) => page.waitForFunction((text) =>
    [...document.querySelectorAll('#lines li')].some((item) => item.textContent === text), POLLING, line);

export async function enter(page, name) {
    await page.evaluate((value) => {
        document.getElementById('name').value = value;
        document.getElementById('enter').requestSubmit();
    }, name);
    await sees(page, `${name} came`);
}

export const say = (page, text) => page.evaluate((value) => {
    document.getElementById('text').value = value;
    document.getElementById('talk').requestSubmit();
}, text);

// A picture of the tab, if SCREENSHOT names a file for it.
export async function show(page) {
    const { SCREENSHOT } = process.env;
    if (SCREENSHOT === undefined)
        return;
    await page.bringToFront();
    await page.setViewport({ width: 640, height: 360 });
    await page.screenshot({ path: SCREENSHOT });
}
