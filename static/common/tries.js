// When to try again, and which answers another try cannot change.
const WAITS_MS = [500, 1000, 2000, 4000, 5000]
// 401 makes a new identity, 404 ends the chat, the others pass
const PASSING = [401, 404, 408, 425, 429]

export const isFinal = (status) => status >= 400 && status < 500 && !PASSING.includes(status)

// milliseconds; not all browsers come again in the same instant
export const waitAfter = (tries) => WAITS_MS[Math.min(tries, WAITS_MS.length - 1)] * (0.8 + 0.4 * Math.random())
