// How the menu of quick replies and its questions look, inside the composer.
import { make } from "common/make.js"
import { makeIcon } from "inbox/icon.js"
import { cutAtVariables } from "inbox/quick-fill.js"
import { findHits } from "inbox/quick-search.js"
import { words } from "inbox/words.js"

const MAX_SHOWN = 50
const AT_ONCE = 6 // those that are in view; the others come as it is scrolled
const AHEAD_PX = 200

const keys = (...names) => names.map((name) => make("kbd", {}, name))

function markHits(text, typed) {
  const parts = []
  let end = 0
  for (const [from, to] of findHits(text, typed)) {
    parts.push(text.slice(end, from), make("mark", { class: "wa-hit" }, text.slice(from, to)))
    end = to
  }
  return [...parts, text.slice(end)]
}

// a text with its variables filled in, each marked; what is not known says so
export function drawFilled(text, values) {
  return cutAtVariables(text, values).map((piece) => {
    if (piece.text !== undefined) return piece.text
    const said = piece.value || words.missing.replace("%n", piece.name)
    return make("span", { class: piece.value ? "wa-var" : "wa-var is-empty" }, said)
  })
}

export const optionId = (place, reply) => `${place.dataset.values}-${reply.id}`

// `found`: the replies in order; `chosen`: which of them; `total`: how many there are
export function drawMenu(place, { found, chosen, total, typed, values }) {
  const { shown, none, empty, title } = place.dataset
  const listed = found.slice(0, MAX_SHOWN)
  const said = listed.length ? shown.replace("%n", found.length).replace("%m", total) : total ? none : empty
  drawFrame(place, said, listed.length > 0)
  if (!listed.length) return
  const list = make("ul", { class: "wa-opts", role: "listbox", id: listId(place), "aria-label": title, tabindex: 0 })
  const drawUntil = (end) => {
    const from = list.childElementCount
    const drawAt = (reply, index) => {
      const option = drawOption(place, reply, { typed, values, isChosen: from + index === chosen })
      option.ariaPosInSet = from + index + 1
      option.ariaSetSize = listed.length
      return option
    }
    list.append(...listed.slice(from, end).map(drawAt))
  }
  drawUntil(chosen + AT_ONCE)
  list.addEventListener("scroll", () => {
    const left = list.scrollHeight - list.clientHeight - list.scrollTop
    if (left < AHEAD_PX) drawUntil(list.childElementCount + AT_ONCE)
  })
  place.querySelector("ul").replaceWith(list)
  // at the first one the list is as it comes: nothing is to be laid out before its time
  if (chosen) list.querySelector("[aria-selected=true]").scrollIntoView({ block: "nearest" })
}

// what stands around the list, which stays while one types
function drawFrame(place, said, hasList) {
  const { title, manage, page } = place.dataset
  const status = place.querySelector("[role=status]")
  if (status && hasList === Boolean(place.querySelector("ul"))) {
    if (status.textContent !== said) status.textContent = said
    return
  }
  const head = make(
    "p",
    { class: "wa-quick-head" },
    make("b", {}, title),
    make("span", { role: "status" }, said),
    make("a", { href: page }, manage),
  )
  place.replaceChildren(head, ...(hasList ? [make("ul"), drawHints(place)] : []))
}

export const listId = (place) => `${place.dataset.values}-list`

function drawOption(place, reply, { typed, values, isChosen }) {
  const name = make("span", { class: "wa-name text-truncate" }, ...markHits(reply.title, typed))
  const code = make("span", { class: "wa-code" }, "/", ...markHits(reply.shortcut, typed))
  const files = reply.files.map(({ name: file }) => make("span", { class: "wa-from" }, makeIcon("paperclip"), file))
  const attributes = { class: "wa-opt", role: "option", id: optionId(place, reply), "aria-selected": `${isChosen}` }
  return make(
    "li",
    { ...attributes, "data-reply": reply.id },
    make("span", { class: "wa-line" }, name, code),
    make("span", { class: "wa-from" }, makeIcon(reply.icon), reply.from),
    make("p", { dir: "auto" }, ...drawFilled(reply.text, values)),
    ...(files.length ? [make("span", { class: "wa-opt-files" }, ...files)] : []),
  )
}

function drawHints(place) {
  const { choose, insert, insertAndSend, close } = place.dataset
  return make(
    "p",
    { class: "wa-hints", "aria-hidden": "true" },
    make("span", {}, ...keys("↑", "↓"), choose),
    make("span", {}, ...keys("Enter"), insert),
    make("span", {}, ...keys("Ctrl", "Enter"), insertAndSend),
    make("span", {}, ...keys("Esc"), close),
  )
}

// a box for each value that nobody knows; returns them
export function drawQuestions(place, reply, missing) {
  const { ask, insert, insertAndSend, back, cancel, done } = place.dataset
  const boxes = missing.map((name, index) => {
    const id = `${place.dataset.values}-ask-${index}`
    const box = make("input", { class: "form-control", type: "text", id, autocomplete: "off", maxlength: 300 })
    box.dataset.variable = name
    return [make("label", { class: "form-label", for: id }, name), box]
  })
  const hints = make(
    "p",
    { class: "wa-hints", "aria-hidden": "true" },
    make("span", {}, ...keys("Enter"), insert),
    make("span", {}, ...keys("Ctrl", "Enter"), insertAndSend),
    make("span", {}, ...keys("Esc"), back),
  )
  const buttons = [
    make("button", { class: "btn btn-sm", type: "button", "data-quick-back": true }, cancel),
    make("button", { class: "btn btn-sm btn-soft", type: "button", "data-quick-done": true }, done),
  ]
  place.replaceChildren(
    make("p", { class: "wa-quick-head" }, make("b", {}, ask.replace("%n", reply.title))),
    make("div", { class: "wa-ask" }, ...boxes.map((parts) => make("div", {}, ...parts))),
    make("div", { class: "wa-ask-foot" }, hints, ...buttons),
  )
  return boxes.map(([, box]) => box)
}
