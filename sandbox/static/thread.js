// The conversation of the one who is played.
import { choose, page, whenChosen } from "./chosen.js"
import { byId, make, words } from "./dom.js"
import { ask, attempt } from "./requests.js"
import { makeRow } from "./row.js"
import { whenWritten } from "./writing.js"

const MAX_ENTRIES = 300
const NEAR_END_PX = 80
const UNSHOWN = ["reaction", "edit", "withdrawal", "moved"]
const box = byId("thread")
let seen = ""

export async function lookAtThread() {
  const id = page.who
  if (!id) return
  let person
  try {
    person = await ask("GET", `customers/${id}`)
  } catch {
    if (id === page.who) choose("")
    return
  }
  if (id !== page.who) return
  showPerson(person)
  const thread = listEntries(person)
  showThread(thread)
  const isUnread = thread.some(({ side, status }) => side === "line" && ["sent", "delivered"].includes(status))
  if (isUnread && document.visibilityState === "visible") await ask("POST", `customers/${id}/read`, {})
}

function showPerson(person) {
  const about = [person.line, ...Object.values(person.ids).slice(0, 1), sayWindow(person)]
  byId("who").textContent = person.name
  byId("about").textContent = about.filter(Boolean).join(" · ")
  byId("block").textContent = person.blocked ? words.unblock : words.block
  byId("block").onclick = attempt(() => ask("POST", `customers/${page.who}/block`, { blocked: !person.blocked }))
}

// how long the customer may still be answered
function sayWindow({ line, open_until: until, now }) {
  if (line.startsWith("telegram")) return ""
  const rest = until - now
  return rest > 0 ? `${words.open} ${Math.floor(rest / 3600)} h ${Math.floor(rest / 60) % 60} min` : words.shut
}

function listEntries({ thread, received }) {
  const counts = new Map(received.map(({ id, times }) => [id, times]))
  const entries = thread.filter((entry) => !UNSHOWN.includes(entry.kind)).slice(-MAX_ENTRIES)
  return entries.map((entry) => ({ ...entry, times: counts.get(entry.id) || 0 }))
}

function showThread(thread) {
  const now = JSON.stringify(thread)
  if (now === seen || document.querySelector(".acting[open]")) return
  seen = now
  const wasAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX || !box.children.length
  const none = make("li", { className: "none", textContent: words.empty })
  box.replaceChildren(...(thread.length ? thread.map((entry) => makeRow(entry, thread)) : [none]))
  if (!wasAtEnd) return
  scrollToEnd()
  for (const picture of box.querySelectorAll("img")) picture.onload = scrollToEnd
}

function scrollToEnd() {
  box.scrollTop = box.scrollHeight
}

whenWritten(async () => {
  await lookAtThread()
  scrollToEnd()
})
whenChosen(() => {
  seen = ""
  box.replaceChildren()
  lookAtThread()
})
