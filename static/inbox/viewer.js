// A picture whole, over everything: arrows lead through the chat's pictures, + and - change its size, D downloads it.
import { make } from "common/make.js"

const WITHIN_MS = 30_000

let dialog = null
let opener = null
let turn = 0

export async function view(link) {
  opener = link
  // pressed twice, or another meanwhile: the last one is shown
  if (!(await load(link.href))) return
  dialog.showModal()
  dialog.querySelector(".wa-canvas").focus()
}

async function load(url) {
  turn += 1
  const mine = turn
  const headers = { "HX-Request": "true" }
  const answer = await fetch(url, { headers, credentials: "same-origin", signal: AbortSignal.timeout(WITHIN_MS) })
  if (!answer.ok) throw new Error(answer.statusText)
  const page = new DOMParser().parseFromString(await answer.text(), "text/html")
  if (mine !== turn) return false
  dialog ??= build()
  dialog.replaceChildren(page.getElementById("picture"))
  return true
}

function build() {
  const made = make("dialog", { class: "wa-viewer-box", "aria-labelledby": "t-picture" })
  made.addEventListener("keydown", takeKey)
  made.addEventListener("click", takeClick, true)
  made.addEventListener("close", leave)
  document.body.append(made)
  return made
}

// to the picture that was last looked at, where it is in the thread
function leave() {
  // what is on its way is not shown any more
  turn += 1
  const { file } = dialog.querySelector("#picture").dataset
  const shown = document.querySelector(`.wa-thread [data-picture="${file}"]`)
  const heir = opener?.isConnected && opener.dataset.picture === file ? opener : (shown ?? opener)
  heir?.scrollIntoView({ block: "nearest" })
  heir?.focus()
  dialog.replaceChildren()
}

async function go(rel) {
  const link = dialog.querySelector(`a[rel=${rel}]`)
  if (!link) return
  try {
    if (!(await load(link.href))) return
    const same = dialog.querySelector(`a[rel=${rel}]`) ?? dialog.querySelector(".wa-canvas")
    same.focus()
  } catch {
    location.assign(link.href)
  }
}

function zoom(isIn) {
  dialog.querySelector(".wa-canvas").classList.toggle("is-whole", isIn)
  dialog.querySelector("[data-zoom]").setAttribute("aria-pressed", String(isIn))
}

const isZoomed = () => dialog.querySelector(".wa-canvas").classList.contains("is-whole")

const KEYS = {
  ArrowLeft: () => go("prev"),
  ArrowRight: () => go("next"),
  "+": () => zoom(true),
  "-": () => zoom(false),
  d: () => dialog.querySelector("[data-download]").click(),
}

function takeKey(event) {
  event.stopPropagation()
  if (event.ctrlKey || event.metaKey || event.altKey) return
  // a picture that is larger than the view is moved by the arrows
  if (event.key.startsWith("Arrow") && isZoomed()) return
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key]
  if (!act) return
  event.preventDefault()
  act()
}

function takeClick(event) {
  const { target } = event
  if (target.closest("[data-download]")) return
  const way = target.closest("a[rel]")
  const closes = target === dialog || target.closest("[data-close-viewer]")
  if (!way && !closes && !target.closest("[data-zoom], img")) return
  event.preventDefault()
  event.stopImmediatePropagation()
  if (way) go(way.rel)
  else if (closes) dialog.close()
  else zoom(!isZoomed())
}
