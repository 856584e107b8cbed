// Which events the page already contains. Every part says in its HTML which one it was drawn after; a part that came
// anew overrules. The server is told which open chats to send.
import { say } from "inbox/socket.js"

// group → number of the last event that this page shows
export const marks = new Map()
const seen = new WeakMap()
let asked = ""

export const partsOf = (group) => [...document.querySelectorAll(`[data-feed="${group}"]`)]

export function readMarks() {
  const feeds = document.getElementById("feeds")
  if (feeds && seen.get(feeds) !== feeds.textContent) {
    seen.set(feeds, feeds.textContent)
    for (const [group, number] of Object.entries(JSON.parse(feeds.textContent))) marks.set(group, number)
  }
  const parts = [...document.querySelectorAll("[data-feed]")]
  for (const part of parts) {
    const now = `${part.dataset.feed} ${part.dataset.mark}`
    if (seen.get(part) === now) continue
    seen.set(part, now)
    marks.set(part.dataset.feed, Number(part.dataset.mark))
  }
  const shown = new Set(parts.map((part) => part.dataset.feed))
  for (const group of marks.keys()) if (group.startsWith("chat.") && !shown.has(group)) marks.delete(group)
  askForChats(shown)
}

function askForChats(shown) {
  const wanted = JSON.stringify([...shown].sort())
  if (wanted !== asked && say({ chats: [...shown] })) asked = wanted
}

// a new connection knows nothing of what was asked on the one before
export function askAnew() {
  asked = ""
  readMarks()
}
