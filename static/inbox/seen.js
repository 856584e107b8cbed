// What of a chat the agent has seen: what stood for a second in view, in a pane that is shown and on a page that is
// looked at. What a chat is opened with counts at once, and with its newest line all that was there before it.
import { whenShown } from "inbox/shown.js"
import { me } from "inbox/words.js"

const READ_AFTER_MS = 1000
const seen = new Map() // chat → the newest message that was seen
const unseen = new Map() // line → {chat, number, isHeard, after, inView, timer}
let opened = new Set() // chats whose thread is on the page

const sight = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting } of changes) {
    const line = unseen.get(target)
    if (!line) continue
    line.inView = isIntersecting
    follow(line)
  }
})

function follow(line) {
  clearTimeout(line.timer)
  if (!line.inView || document.hidden) return
  if (line.after) line.timer = setTimeout(see, line.after, line)
  else see(line)
}

const see = ({ chat, number }) => passOver(chat, number)

// all of a chat up to this message counts as seen
export function passOver(chat, number) {
  seen.set(chat, Math.max(number, seen.get(chat) ?? 0))
  for (const [element, line] of unseen) if (line.chat === chat && line.number <= number) drop(element)
}

function drop(element) {
  clearTimeout(unseen.get(element).timer)
  unseen.delete(element)
  sight.unobserve(element)
}

function watchFor(element, chat, number, after) {
  if (number <= (seen.get(chat) ?? 0) || unseen.has(element)) return
  // a note of one's own is no news
  const isHeard = Boolean(element.dataset.heard) && element.dataset.author !== me
  unseen.set(element, { chat, number, isHeard, after, inView: false })
  sight.observe(element)
}

function noteLines() {
  for (const element of unseen.keys()) if (!element.isConnected) drop(element)
  const logs = [...document.querySelectorAll(".wa-pane .wa-log[data-log]")]
  for (const log of logs) {
    const chat = log.dataset.log
    const after = opened.has(chat) ? READ_AFTER_MS : 0
    for (const line of log.querySelectorAll("[data-heard]")) watchFor(line, chat, Number(line.dataset.heard), after)
    const last = !after && [...log.querySelectorAll(".wa-thread > [id^='m-']")].at(-1)
    if (last) watchFor(last, chat, Number(last.id.slice(2)), 0)
  }
  opened = new Set(logs.map((log) => log.dataset.log))
}
noteLines()
whenShown(noteLines)
document.addEventListener("visibilitychange", () => unseen.forEach(follow))

// the newest message of a chat before which there is none that was not seen; `newest`: that of what the page came with
export function lastSeen(chat, newest) {
  const missed = [...unseen.values()].filter((line) => line.isHeard && line.chat === chat)
  if (!missed.length) return Math.max(newest, seen.get(chat) ?? 0)
  return Math.min(...missed.map(({ number }) => number)) - 1
}
