// The moves that the agent has asked for and the server has not answered yet. News wait for the answer: while a chat is
// being taken, what the list says of it would show the next customer for an instant.
const HELD_MS = 10_000 // no answer holds news for longer
const running = new Set()
let waiting = []

// what answers with the whole main part
export const isMove = ({ request, target }) => request?.method?.toUpperCase() === "POST" && target?.id === "main"

export const isActing = () => running.size > 0

// resolves once nothing is under way
export function whenDone() {
  if (!isActing()) return Promise.resolve()
  return new Promise((resolve) => {
    waiting.push(resolve)
    setTimeout(resolve, HELD_MS)
  })
}

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (isMove(ctx)) running.add(ctx)
})

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (!running.delete(ctx) || isActing()) return
  const done = waiting
  waiting = []
  for (const resolve of done) resolve()
})
