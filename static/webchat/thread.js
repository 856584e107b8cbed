// What was said, drawn into the log.
import { make } from "common/make.js"
import { makeBubble, updateBubble } from "webchat/bubble.js"
import { makeChoices, updateChoices } from "webchat/choices.js"
import { line } from "webchat/conversation.js"
import { idOf } from "webchat/line.js"
import { dayOf, fill, log, makeSmallIcon, timeOf, words } from "webchat/page.js"

const list = document.getElementById("said")
let newest = null // the last one of the visitor's that was scrolled to

// Everything in order: what the server has, what waits, what it refused. One shape for all.
function listItems() {
  const said = [...line.said.values()].sort((one, other) => one.number - other.number)
  const own = new Set(said.filter(({ author }) => author === "me").map(idOf))
  const loose = [...line.outbox.listWaiting(), ...line.outbox.failed.values()].filter(({ id }) => !own.has(id))
  return [...said.map(shapeSaid), ...loose.sort((one, other) => one.at - other.at).map(shapeLoose)]
}

function shapeSaid(message) {
  const isMine = message.author === "me"
  return { ...message, key: isMine ? idOf(message) : message.id, state: isMine ? "sent" : "" }
}

function shapeLoose({ id, text, payload, at, blob, file, reason }) {
  const files = file ? [file] : []
  return {
    key: id,
    author: "me",
    name: "",
    kind: payload == null ? "text" : "choice",
    text,
    choices: [],
    files: blob ? [{ name: blob.name, size: blob.size, mime: blob.type, blob }] : files,
    at,
    state: line.outbox.failed.has(id) ? "failed" : "queued",
    reason: words[reason] ?? reason,
    share: line.outbox.shares.get(id),
  }
}

// [key, make, update] of each line of the log, in order.
function listLines() {
  const all = listItems()
  if (!all.length) return [["hello", () => make("li", { class: "w-sys" }, words.hello)]]
  const lines = []
  // of a long chat only the end is here: who entered before that is not said
  let holder = line.isCut && all[0].author === "agent" ? all[0].name : ""
  let day = new Date().toDateString()
  let before = null
  all.forEach((item, index) => {
    const at = new Date(item.at)
    if (at.toDateString() !== day) {
      day = at.toDateString()
      lines.push([`day ${day}`, () => make("li", { class: "w-sys" }, dayOf(at))])
    }
    if (item.author === "agent" && item.name !== holder) {
      const entered = fill(words.entered, { name: item.name, time: timeOf(at) })
      lines.push([`in ${item.key}`, () => make("li", { class: "w-sys" }, entered)])
      before = null
    }
    if (item.author === "agent") holder = item.name
    else if (item.author === "bot") holder = ""
    lines.push(...linesOf(item, before))
    if (item.choices.length) lines.push(lineOfChoices(item, all.slice(index + 1)))
    before = item
  })
  return lines
}

function linesOf(item, before) {
  const bubble = [item.key, () => makeBubble(item), (element) => updateBubble(element, item)]
  const isNamed = item.author !== "me" && !(before?.author === item.author && before.name === item.name)
  return isNamed ? [[`who ${item.key}`, () => makeWho(item)], bubble] : [bubble]
}

function lineOfChoices({ key, choices }, after) {
  const next = after.find(({ author }) => author === "me")
  const offer = { choices, isOpen: !after.length, chosen: next?.kind === "choice" ? next.text : null }
  return [`menu ${key}`, () => makeChoices(offer), (element) => updateChoices(element, offer)]
}

function makeWho({ author, name }) {
  return make("li", { class: "w-who" }, ...(author === "bot" ? [makeSmallIcon("robot"), words.assistant] : [name]))
}

// Puts the log's lines in order and leaves alone what stands: a reader is told of what is new, and only of that.
export function drawThread() {
  const standing = new Map([...list.children].map((element) => [element.dataset.key, element]))
  let place = list.firstElementChild
  for (const [key, create, update] of listLines()) {
    let element = standing.get(key)
    standing.delete(key)
    if (!element) {
      element = create()
      element.dataset.key = key
    } else {
      update?.(element)
    }
    if (element === place) place = place.nextElementSibling
    else list.insertBefore(element, place)
  }
  for (const element of standing.values()) element.remove()
  scrollToNewest()
}

// what the visitor just wrote is shown, however far up the log was
function scrollToNewest() {
  const mine = line.outbox.listWaiting().at(-1)?.id
  if (!mine || mine === newest) return
  newest = mine
  log.scrollTop = 0
}
