// What an agent had read when an answer left: one that missed something newer comes back.
import { whenShown } from "inbox/shown.js"

const READ_AFTER_MS = 1000
const shownAt = new WeakMap() // what a customer said → when it came onto the screen

// what the page came with has been seen; what is pushed counts after a second
for (const line of document.querySelectorAll("[data-heard]")) shownAt.set(line, -Infinity)
whenShown(() => {
  const now = performance.now()
  for (const line of document.querySelectorAll("[data-heard]")) if (!shownAt.has(line)) shownAt.set(line, now)
})

// what was on the screen for a second has been read
export function noteSeen(form) {
  const log = document.getElementById(`log-${form.dataset.composer}`)
  const heard = [...(log?.querySelectorAll("[data-heard]") || [])]
  const read = heard.filter((line) => performance.now() - (shownAt.get(line) ?? -Infinity) > READ_AFTER_MS)
  const numbers = read.map((line) => Number(line.dataset.heard))
  form.elements.last_seen.value = Math.max(Number(form.elements.last_seen.value) || 0, ...numbers)
}

document.addEventListener(
  "submit",
  (event) => {
    if (event.target.dataset?.composer) noteSeen(event.target)
  },
  true,
)

// the answer brings what was stored: what has come by the socket meanwhile is as new or newer, and stays
document.addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  if (!ctx?.sourceElement?.dataset?.composer) return
  const isThere = ({ type, fragment }) => type === "partial" && document.getElementById(fragment.firstElementChild?.id)
  tasks.splice(0, tasks.length, ...tasks.filter((task) => !isThere(task)))
})
