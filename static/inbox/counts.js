// How many wait in each tray and how many of one's own chats are unread: in the rail, the lists and for screen readers.
import { words } from "inbox/words.js"
import { make } from "common/make.js"
import { showToast } from "common/toast.js"
import { showUnanswered } from "inbox/notices/title.js"
import { whenShown } from "inbox/shown.js"
import { isVisible } from "inbox/sight.js"

const ANNOUNCED_EVERY_MS = 5000
const waiting = new Map() // tray → how many wait in it
const unread = new Map() // chat → how many messages without an answer
const shortNumber = (count) => (count >= 1000 ? "999+" : String(count))

// whether it is one of the trays whose chats wait for this agent
export const isOfQueue = (tray) => waiting.has(String(tray))

// `since`: when the one that waits longest began to
export function countTray({ tray, count, since }) {
  const key = String(tray)
  if (waiting.has(key)) {
    const grew = count > waiting.get(key)
    waiting.set(key, count)
    showTotal("rail-waiting", waiting)
    if (grew) announce(words.arrived.replace("%n", count))
  }
  for (const place of document.querySelectorAll(`[data-tray-count="${tray}"]`)) {
    place.firstElementChild.textContent = shortNumber(count)
    place.classList.toggle("text-muted", !count)
  }
  for (const head of document.querySelectorAll(`[data-tray-head="${tray}"]`)) showHead(head, count, since)
}

function showHead(head, count, since) {
  const { none, one, many } = head.dataset
  head.querySelector("[data-waiting]").textContent = count === 0 ? none : count === 1 ? one : many.replace("%n", count)
  const longest = head.querySelector("[data-longest]")
  longest.hidden = !since
  if (since) longest.querySelector(".wa-wait").dataset.since = since
}

// of a chat that the agent has: `heard`: the customer wrote; `gone`: the agent has it no longer
export function countUnread({ chat, unread: count, heard, name, gone }) {
  if (gone || !count) unread.delete(String(chat))
  else unread.set(String(chat), count)
  showTotal("rail-unread", unread)
  showUnanswered(unread.size)
  if (!heard || isVisible(`.wa-pane[data-chat="${chat}"]`)) return
  const text = count === 1 ? words.newOne : words.newMany.replace("%n", count)
  showToast({ level: "info", title: name, text, action: { label: words.open, url: `/chat/${chat}/` } })
}

function showTotal(id, counts) {
  const place = document.getElementById(id)
  const total = [...counts.values()].reduce((sum, one) => sum + one, 0)
  place.replaceChildren()
  if (total) place.append(shortNumber(total), make("span", { class: "visually-hidden" }, ` ${place.dataset.word}`))
}

// Every main brings the numbers of now. What was read is emptied: the same text again is news, events came between.
function readNumbers() {
  for (const [id, counts] of [["rail-waiting", waiting], ["rail-unread", unread]]) {
    const fresh = document.getElementById(`${id}-map`)
    if (!fresh?.textContent) continue
    counts.clear()
    for (const [key, count] of Object.entries(JSON.parse(fresh.textContent))) counts.set(key, count)
    fresh.textContent = ""
    showTotal(id, counts)
  }
  showUnanswered(unread.size)
}

readNumbers()
whenShown(readNumbers)

let announcedAt = -Infinity
function announce(text) {
  if (performance.now() - announcedAt < ANNOUNCED_EVERY_MS) return
  announcedAt = performance.now()
  document.getElementById("announce").textContent = text
}
