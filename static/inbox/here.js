// Who else is here: "Bruno lo está viendo" on rows and previews, and who types, until it was not said for so long.
// Not announced: whoever hears the page would hear each of it again and again.
import { make } from "common/make.js"
import { makeIcon } from "inbox/icon.js"
import { whenShown } from "inbox/shown.js"
import { me, words } from "inbox/words.js"

const standing = new Map() // what it is → it, with its end
let timer

const keyOf = ({ does, chat, agent }) => `${does} ${chat} ${agent}`

export function takePassing(list) {
  const others = list.filter(({ agent }) => String(agent) !== me)
  for (const one of others) {
    if (one.ms) standing.set(keyOf(one), { ...one, ends: Date.now() + one.ms })
    else standing.delete(keyOf(one))
  }
  drawChats(others)
}

// what was said ends the typing of whoever said it
export function endTyping(chat, isCustomer) {
  drop((one) => one.chat === chat && one.does !== "views" && (one.agent === 0) === isCustomer)
}

function drop(isGone) {
  const gone = [...standing.values()].filter(isGone)
  for (const one of gone) standing.delete(keyOf(one))
  drawChats(gone)
}

const listOf = (chat, does) => [...standing.values()].filter((one) => one.chat === chat && one.does === does)

// only these: a list has hundreds of rows, and much is said
function drawChats(list) {
  for (const chat of new Set(list.map((one) => one.chat))) {
    for (const place of document.querySelectorAll(`[data-here="${chat}"]`)) drawPlace(place)
  }
  waitForEnd()
}

function waitForEnd() {
  clearTimeout(timer)
  if (!standing.size) return
  const next = Math.min(...[...standing.values()].map(({ ends }) => ends))
  timer = setTimeout(() => drop(({ ends }) => ends <= Date.now()), next - Date.now() + 20)
}

function drawPlace(place) {
  const chat = Number(place.dataset.here)
  const parts = place.matches(".wa-now") ? drawThread(chat, place.dataset.name) : drawRow(place, chat)
  const said = parts.map((part) => part.outerHTML).join()
  if (place.dataset.said === said && place.childElementCount === parts.length) return
  place.dataset.said = said
  place.replaceChildren(...parts)
}

// a row: who looks at it, and that the customer types instead of what was said last
function drawRow(place, chat) {
  const types = listOf(chat, "types").some(({ agent }) => !agent)
  place.closest("a")?.classList.toggle("is-typing", types)
  const viewers = listOf(chat, "views")
  return [...(types ? [make("span", { class: "wa-preview" }, dots(), words.types)] : []), ...drawViewers(viewers)]
}

// a thread: all of it, the customer first
function drawThread(chat, customer) {
  const types = listOf(chat, "types").toSorted((one, other) => one.agent - other.agent)
  return [
    ...types.map(({ agent, name }) => make("span", {}, dots(), fill(words.nameTypes, agent ? name : customer))),
    ...listOf(chat, "notes").map(({ name }) =>
      make("span", { class: "is-note" }, makeIcon("lock"), fill(words.nameNotes, name)),
    ),
    ...drawViewers(listOf(chat, "views")),
  ]
}

function drawViewers(viewers) {
  if (!viewers.length) return []
  const [{ name }] = viewers
  const more = viewers.length - 1
  const said = more ? fill(words.viewsMany, name).replace("%n", more) : fill(words.views, name)
  const all = viewers.map((one) => one.name).join(", ")
  return [make("span", { class: "wa-viewer", title: all }, makeIcon("eye"), said)]
}

const fill = (sentence, name) => sentence.replace("%s", () => name)

const dots = () => make("span", { class: "wa-dots", "aria-hidden": "true" }, make("i"), make("i"), make("i"))

// what came anew has none of it yet, or what stood when it was fetched
whenShown(() => document.querySelectorAll("[data-here]").forEach(drawPlace))
