// Time, and timers of any length: a longer one than engines know would go off at once.

// Milliseconds since some time, whole ones. Unlike Date it does not jump when somebody sets the machine's clock.
export const clock = () => Math.floor(performance.now());

const TIMER_MAX = 0x7FFFFFFF;

// The longest time that a timer can have: one that must not be early looks at the clock when it goes off.
export const capped = (ms) => Math.min(ms, TIMER_MAX);

export const setTimer = (callback, ms) => setTimeout(callback, capped(ms));

// The limits of requests, bodies and handlers. Each has a timer, unless an entry calls shareTimers (limits.js).
export const limits = { start: setTimer, stop: (limit) => clearTimeout(limit) };
