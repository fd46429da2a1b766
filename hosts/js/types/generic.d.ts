export { BadModule, load } from './index.js';
export type { App, Info, Level, Options, Source } from './index.js';
