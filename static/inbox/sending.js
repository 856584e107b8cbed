// What an agent had seen when an answer left: one that missed something newer comes back.
import { lastSeen } from "inbox/seen.js"

export function noteSeen(form) {
  form.elements.last_seen.value = lastSeen(form.dataset.composer, Number(form.dataset.newest))
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
