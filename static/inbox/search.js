// Buscar: asks while one types, brings the message that was opened into view, and keeps the place in the list.
import { whenShown } from "inbox/shown.js"

const RESTED_MS = 250
const FOLLOWS_MS = 150
const HITS = "[data-hits] .wa-hitrow"
const BESIDE = matchMedia("(min-width: 992px)") // as search.css
const PLACE = "search-place" // in the session's storage: {of, top}
let timer = 0
let follower = 0
let opened = ""
let list = null

document.addEventListener("input", ({ target }) => {
  if (target.id !== "find" || !target.form?.matches("[data-search]")) return
  clearTimeout(timer)
  timer = setTimeout(() => {
    timer = 0
    if (target.isConnected) target.form.requestSubmit()
  }, RESTED_MS)
})

// up and down through what was found, from the field and back to it; where there is room what is chosen opens beside
document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  const from = step && event.target.closest?.(`${HITS}, #find`)
  if (!from || event.isComposing || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
  const hits = [...document.querySelectorAll(HITS)]
  const at = hits.indexOf(from)
  if (!hits.length || (at < 0 && step < 0)) return
  event.preventDefault()
  clearTimeout(follower)
  if (at + step < 0) return document.getElementById("find").focus()
  const next = at < 0 ? hits.find(isOpen) ?? hits[0] : hits[at + step] ?? from
  next.focus()
  follower = setTimeout(() => openBeside(next), FOLLOWS_MS)
})

const isOpen = (hit) => hit.hasAttribute("aria-current")

function openBeside(hit) {
  if (!BESIDE.matches || document.activeElement !== hit || isOpen(hit)) return
  // Back leads to the list, and not through all that one has passed by
  if (document.querySelector(`${HITS}[aria-current]`)) {
    hit.setAttribute("hx-push-url", "false")
    hit.setAttribute("hx-replace-url", "true")
  }
  hit.click()
}

// another address has other filters: what was chosen here before is not kept, only what is being typed
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const form = document.querySelector("form[data-search]")
  if (!form || (ctx?.target?.id ?? ctx?.target) !== "main") return
  const typed = timer && form.elements.q.value
  form.reset()
  if (timer) form.elements.q.value = typed
})

// an address says what is looked for, and nothing of what is not
document.addEventListener("formdata", ({ target, formData }) => {
  if (!target.matches("[data-search]")) return
  for (const [name, value] of [...formData]) if (!value) formData.delete(name)
})

// the dates stand there where they are chosen
document.addEventListener("change", ({ target }) => {
  if (target.dataset.dates) document.getElementById(target.dataset.dates).hidden = target.value !== "rango"
})

// the results of an address, whichever of them is open
function resultsOf(address) {
  const { searchParams } = new URL(address)
  searchParams.delete("m")
  return searchParams.toString()
}

function keepPlace({ target }) {
  sessionStorage.setItem(PLACE, JSON.stringify({ of: resultsOf(location.href), top: target.scrollTop }))
}

function showList() {
  const shown = document.getElementById("hits")
  if (shown === list) return
  list = shown
  if (!list) return
  const place = JSON.parse(sessionStorage.getItem(PLACE) ?? "{}")
  if (place.of === resultsOf(location.href)) list.scrollTop = place.top
  list.addEventListener("scroll", keepPlace, { passive: true })
}

function showOpened() {
  const number = document.querySelector("[data-found]")?.dataset.found ?? ""
  if (number === opened) return
  const before = opened
  opened = number
  const hit = document.getElementById(`hit-${number || before}`)
  const message = number && document.getElementById(`m-${number}`)
  for (const other of document.querySelectorAll(".wa-msg.is-found")) other.classList.remove("is-found")
  message?.classList?.add("is-found")
  message?.scrollIntoView?.({ block: "center" })
  hit?.scrollIntoView({ block: "nearest" })
  // on a phone one gives way to the other
  if (number && hit && !hit.checkVisibility()) document.getElementById("t-found").focus()
  else if (!number && document.activeElement === document.body) hit?.focus()
}

function show() {
  showList()
  showOpened()
}

show()
whenShown(show)
