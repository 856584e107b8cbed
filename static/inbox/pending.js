// What was written and is not stored yet, at the end of its thread: a bubble with a clock, which the stored message
// replaces; one that was refused is red and says why.
import { make } from "common/make.js"
import { ownSettings } from "inbox/own-settings.js"
import { words } from "inbox/words.js"

const TIME = { timeZone: ownSettings().zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
const clock = new Intl.DateTimeFormat("en-GB", TIME)

// `queued`: ids of those that found no answer; the rest of `acts`: what the buttons of a refused one do
export function drawPending(items, acts) {
  for (const pane of document.querySelectorAll(".wa-pane[data-chat]")) {
    const mine = items.filter(({ chat }) => chat === pane.dataset.chat)
    const ids = mine.map(({ id }) => `w-${id}`)
    for (const line of pane.querySelectorAll(".is-pending")) if (!ids.includes(line.id)) line.remove()
    if (mine.length) drawThread(pane.querySelector(".wa-thread, .wa-waiting") ?? makePlace(pane), mine, acts)
  }
}

// a chat that is elsewhere by now shows no thread, but what was not sent to it
function makePlace(pane) {
  const place = make("ol", { class: "wa-waiting" })
  pane.append(place)
  return place
}

function drawThread(thread, items, acts) {
  for (const item of items) {
    const said = item.reason || (acts.queued.has(item.id) ? words.waits : "")
    const standing = document.getElementById(`w-${item.id}`)
    // the same words written again would be read again
    if (standing?.dataset.said === said) continue
    const line = makeLine(item, said, acts)
    if (standing) standing.replaceWith(line)
    else thread.append(line)
  }
}

function makeLine(item, said, acts) {
  const line = document.getElementById("pending-message").content.firstElementChild.cloneNode(true)
  line.id = `w-${item.id}`
  line.dataset.said = said
  line.classList.add(item.note ? "is-note" : "is-out")
  line.querySelector(`[data-of=${item.note ? "message" : "note"}]`).remove()
  line.querySelector(".wa-text").textContent = item.text.trim()
  line.querySelector("time").textContent = clock.format(item.at ?? Date.now())
  if (!said) return line
  const place = make("p", { class: "wa-fail", role: "status" }, said)
  line.append(place)
  if (!item.reason) return line
  line.classList.add("is-failed")
  place.prepend(`${words.refused}: `)
  for (const name of ["tryAgain", "writeAgain", "discard"]) {
    const button = make("button", { type: "button", class: "wa-link" }, words[name])
    button.addEventListener("click", () => acts[name](item))
    place.append(" ", button)
  }
  return line
}
