// The undo bar: what was just done, for ten seconds, and longer while it is pointed at or focused. One at a time; it
// stands below the page, over nothing of it, and a reload finds it again.
import { make } from "common/make.js"

const LASTS_MS = 10_000
const MOST_MS = 14_000 // the server goes along with no more
const KEY = "witty-undo"
const bar = document.getElementById("undo")
let endsAt = 0
let timer

const isHeld = () => bar.matches(":hover") || bar.contains(document.activeElement)

function hide() {
  clearInterval(timer)
  bar.hidden = true
  bar.querySelector("[data-action]").replaceChildren()
  sessionStorage.removeItem(KEY)
}

function tick() {
  const left = endsAt - Date.now()
  if (left <= LASTS_MS - MOST_MS || (left <= 0 && !isHeld())) return hide()
  bar.querySelector("[data-left]").textContent = `${Math.max(0, Math.ceil(left / 1000))} s`
  bar.querySelector("progress").value = Math.max(0, left)
}

function makeButton(url, vals) {
  // outside of main: what main's forms inherit is said here
  const swap = { "hx-target": "#main", "hx-select": "#main", "hx-swap": "outerMorph", "hx-status:4xx": "swap:none" }
  const act = { type: "button", "data-key-undo": true, "hx-post": url, "hx-disable": "this", ...swap }
  if (vals) act["hx-vals"] = JSON.stringify(vals)
  const button = make("button", { class: "btn btn-sm", ...act }, bar.dataset.undo, make("kbd", {}, "Z"))
  // refused, the toast says where the chat is; without an answer it may be tried again
  button.addEventListener("htmx:after:request", ({ detail: { ctx } }) => ctx.response?.status && hide())
  return button
}

function show({ title, text, url, vals }, until) {
  clearInterval(timer)
  endsAt = until
  bar.querySelector("[data-title]").textContent = title
  bar.querySelector("[data-text]").textContent = text
  bar.querySelector("[data-action]").replaceChildren(makeButton(url, vals))
  bar.hidden = false
  htmx.process(bar)
  tick()
  timer = setInterval(tick, 250)
}

if (bar) {
  document.addEventListener("undo", ({ detail }) => {
    const { title, text, url, vals } = detail
    const until = Date.now() + LASTS_MS
    sessionStorage.setItem(KEY, JSON.stringify({ title, text, url, vals, until }))
    show(detail, until)
  })
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null")
  if (kept?.until > Date.now()) show(kept, kept.until)
}
