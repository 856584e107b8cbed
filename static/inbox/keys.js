// Keys act on the chosen row or the active pane, never while typing; single keys can be switched off (WCAG 2.1.4).
import { isActing } from "inbox/acting.js"
import { followToChat } from "inbox/follow.js"
import { addPicks, hasPicks, togglePick } from "inbox/picks.js"
import { whenChanged } from "inbox/own-settings.js"

const SECOND_KEY_MS = 1500 // after "g"
const TYPING = "input, textarea, select, [contenteditable]"
const MOVES = "tndecz"
const PLACES = { b: "/bandejas/", h: "/chat/", c: "/contactos/", f: "/buscar/", r: "/respuestas/" }
const ACTIONS = {
  j: ({ shiftKey }) => focusRow(1, shiftKey),
  k: ({ shiftKey }) => focusRow(-1, shiftKey),
  x: () => togglePick(rowInUse()),
  t: () => takeChosen(),
  n: () => click("[data-key-next]"),
  d: () => click("[data-key-back]", activePane()),
  e: () => click("[data-key-send]", activePane()),
  c: () => click("[data-key-close]", activePane()),
  p: () => click("[data-key-snooze]", activePane()),
  z: () => click("[data-key-undo]"),
  v: () => click("[data-key-contact]", activePane()),
  l: () => click("[data-key-tag]"),
  f: () => search(),
  m: () => (activePane()?.querySelector("textarea") ?? document.querySelector(".wa-pane textarea"))?.focus(),
  "[": () => click("[data-key-fold]"),
  "?": () => document.getElementById("shortcuts")?.showModal(),
}

const click = (selector, root = document) => root?.querySelector(selector)?.click()
const activePane = () => document.querySelector(".wa-pane.is-active") || document.querySelector(".wa-pane")
const setting = document.getElementById("single-keys")
let wentAt = 0 // when "g" was pressed

if (setting) whenChanged(({ singleKeys }) => (setting.checked = singleKeys))

// the field of this page; where there is none, the search of everything
function search() {
  const field = document.getElementById("find")
  if (!field) return location.assign("/buscar/")
  field.focus()
  field.select()
}

const rowInUse = () =>
  document.activeElement?.closest?.(".wa-rows > li") ?? document.querySelector(".wa-row[aria-current]")?.closest("li")

// `picks`: the row that is left and the one that it comes to are chosen
function focusRow(step, picks) {
  const rows = [...document.querySelectorAll(".wa-rows .wa-row, #tabs .wa-tab")]
  if (!rows.length) return
  const focused = rows.indexOf(document.activeElement)
  const at = focused < 0 ? rows.findIndex((row) => row.getAttribute("aria-current")) : focused
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))]
  if (picks) addPicks([rows[at], next].map((row) => row?.closest("li")))
  next.focus()
  next.scrollIntoView({ block: "nearest" })
}

function takeChosen() {
  if (hasPicks()) return click("[data-key-take-many]")
  const focused = document.activeElement?.closest?.(".wa-rows > li")
  if (focused) click(".wa-take button", focused)
  else click("[data-key-take]")
}

// the next of one's own chats that waits for an answer, after the one in use
function goToUnanswered() {
  const tabs = [...document.querySelectorAll("#tabs > [data-waits] .wa-tab")]
  const at = tabs.findIndex((tab) => tab.dataset.chat === activePane()?.dataset.chat)
  const next = tabs[at + 1] ?? tabs[0]
  if (next) followToChat(next)
  else if (!document.getElementById("tabs")) location.assign("/chat/siguiente/")
}

document.addEventListener("keydown", (event) => {
  if (pressWithAlt(event)) return
  const isTyping = event.target?.closest?.(TYPING)
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return
  if (!setting || setting.checked) pressSingle(event)
})

// true: it was one of these
function pressWithAlt(event) {
  if (!event.altKey) return false
  if (!event.ctrlKey && /^Digit[1-4]$/.test(event.code)) {
    const pane = document.querySelector(`.wa-pane[data-slot="${Number(event.code.at(-1)) - 1}"]`)
    if (!pane) return true
    event.preventDefault()
    const field = pane.querySelector("textarea") || pane
    field.focus()
    return true
  }
  if (event.code === "ArrowDown" && !event.ctrlKey) {
    event.preventDefault()
    goToUnanswered()
    return true
  }
  if (event.code === "KeyP" && !event.ctrlKey) {
    event.preventDefault()
    const pane = event.target.closest?.(".wa-pane") ?? activePane()
    if (!document.querySelector("dialog[open]")) click("[data-key-schedule]", pane)
    return true
  }
  if (event.code !== "KeyA") return false
  event.preventDefault()
  click("#presence button")
  return true
}

function pressSingle(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const isSecond = Date.now() - wentAt < SECOND_KEY_MS
  if (isSecond) wentAt = 0
  if (isSecond && PLACES[key]) return location.assign(PLACES[key])
  if (isSecond && /^[1-4]$/.test(key)) {
    document.querySelector(`.wa-pane[data-slot="${key - 1}"] textarea`)?.focus()
    return event.preventDefault()
  }
  if (key === "g") {
    wentAt = Date.now()
  } else if (ACTIONS[key]) {
    event.preventDefault()
    // one move at a time: a second press would be for whoever comes next
    if (!isActing() || !MOVES.includes(key)) ACTIONS[key](event)
  }
}
