// Which events the page already contains. Every part says in its HTML which one it was drawn after, and each event that
// comes moves that on; a part that came anew overrules. The server is told which open chats to send.
import { say } from "inbox/socket.js"

// group → number of the last event that this page shows
const marks = new Map()
const seen = new WeakMap()
let asked = ""
let askFor = () => {}

export const markOf = (group) => marks.get(group)
export const partsOf = (group) => [...document.querySelectorAll(`[data-feed="${group}"]`)]

// `ask` is called with each group of which something came that is older than what had been shown already
export function whenBehind(ask) {
  askFor = ask
}

// Said in the page, too: only so an answer that was under way meanwhile, drawn before this event, is seen to be older.
export function setMark(group, number) {
  marks.set(group, number)
  for (const part of partsOf(group)) {
    part.dataset.mark = number
    seen.set(part, saidBy(part))
  }
  const feeds = document.getElementById("feeds")
  if (!feeds || group.startsWith("chat.")) return
  feeds.textContent = JSON.stringify({ ...JSON.parse(feeds.textContent), [group]: number })
  seen.set(feeds, feeds.textContent)
}

const saidBy = (part) => `${part.dataset.feed} ${part.dataset.mark}`

export function readMarks() {
  const behind = new Set()
  const overrule = (group, number) => {
    // 0: the server did not know, its Redis being away
    if (number && number < marks.get(group)) behind.add(group)
    marks.set(group, number)
  }
  const feeds = document.getElementById("feeds")
  if (feeds && seen.get(feeds) !== feeds.textContent) {
    seen.set(feeds, feeds.textContent)
    for (const [group, number] of Object.entries(JSON.parse(feeds.textContent))) overrule(group, number)
  }
  const parts = [...document.querySelectorAll("[data-feed]")]
  for (const part of parts) {
    if (seen.get(part) === saidBy(part)) continue
    seen.set(part, saidBy(part))
    overrule(part.dataset.feed, Number(part.dataset.mark))
  }
  const shown = new Set(parts.map((part) => part.dataset.feed))
  for (const group of marks.keys()) if (group.startsWith("chat.") && !shown.has(group)) marks.delete(group)
  askForChats(shown)
  behind.forEach(askFor)
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
