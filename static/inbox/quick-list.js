// The quick replies that this agent may use, kept at hand: asked for when a composer is entered, and again when the
// list is old. Whoever has more than the server gives at once asks for the others by their words.
const OLD_MS = 20_000
const ASKED_FROM = 2 // letters

let replies = new Map() // id → reply
let total = 0
let askedAt = -Infinity
let asking = null

export const listReplies = () => [...replies.values()]
export const countReplies = () => total
export const isKnown = () => askedAt > -Infinity

async function ask(url) {
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" } })
    return answer.ok && !answer.redirected ? await answer.json() : null
  } catch {
    // without a network what is known goes on
    return null
  }
}

// true: something came anew
export function loadReplies(url) {
  if (performance.now() - askedAt < OLD_MS) return false
  asking ??= ask(url).then((answer) => {
    asking = null
    if (!answer) return false
    askedAt = performance.now()
    total = answer.total
    replies = new Map(answer.replies.map((one) => [one.id, one]))
    return true
  })
  return asking
}

// true: something was found that was not at hand
export async function loadMore(url, typed) {
  if (total <= replies.size || typed.length < ASKED_FROM) return false
  const answer = await ask(`${url}?q=${encodeURIComponent(typed)}`)
  const missing = (answer?.replies ?? []).filter(({ id }) => !replies.has(id))
  for (const one of missing) replies.set(one.id, one)
  return missing.length > 0
}

export function noteUse(reply, token) {
  reply.times++
  fetch(reply.used, { method: "POST", headers: { "X-CSRFToken": token }, keepalive: true }).catch(() => {})
}
