// One Tab stop a list: arrows move inside it, Tab goes on. Without scripts each item is a stop of its own.
import { whenShown } from "inbox/shown.js"

const BARS = ".wa-nav, .wa-rail-foot, .wa-held-tools, .wa-acts, .wa-facts, .wa-planned"
const LISTS = `#tabs, .wa-rows, .wa-thread, ${BARS}`
const STOPS = "a[href], button, summary, input, select, textarea, audio[controls], video[controls]"
const OWN_ARROWS = "input:not([type=checkbox]), select, textarea, audio, video"
const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity }

const current = new WeakMap() // list → the item that Tab comes to
let isDue = false

// what is one step: a row with all that it has, or one thing
const itemOf = (list, stop) => (list.matches(".wa-rows") ? stop.closest("li") : stop)

// what a bar's menus hold is reached from their own buttons
function stopsOf(list) {
  const stops = [...list.querySelectorAll(STOPS)]
  return list.matches(BARS) ? stops.filter((stop) => !stop.closest(".dropdown-menu")) : stops
}

function prepare() {
  isDue = false
  for (const list of document.querySelectorAll(LISTS)) {
    const stops = stopsOf(list)
    const item = chosenIn(list, stops)
    for (const stop of stops) {
      const index = itemOf(list, stop) === item ? 0 : -1
      if (stop.getAttribute("tabindex") !== String(index)) stop.tabIndex = index
    }
  }
}

function chosenIn(list, stops) {
  const kept = current.get(list)
  if (kept && list.contains(kept)) return kept
  const isShown = (one) => one.checkVisibility()
  // a thread is read from its end
  const stop = list.matches(".wa-thread")
    ? stops.findLast(isShown)
    : (list.querySelector(".is-front, [aria-current=page], li > [aria-current]") ?? stops.find(isShown) ?? stops[0])
  return stop && itemOf(list, stop)
}

// what came is prepared before the next key, and once for all of it
function prepareSoon() {
  if (isDue) return
  isDue = true
  setTimeout(prepare)
}

document.addEventListener("focusin", ({ target }) => {
  const list = target.closest?.(LISTS)
  const item = list && itemOf(list, target)
  if (!item || current.get(list) === item || !stopsOf(list).includes(target)) return
  current.set(list, item)
  prepare()
})

document.addEventListener("keydown", (event) => {
  const step = STEPS[event.key]
  const list = step && event.target.closest?.(LISTS)
  if (!list || event.altKey || event.ctrlKey || event.metaKey || event.target.closest(OWN_ARROWS)) return
  const stops = stopsOf(list).filter((one) => one.checkVisibility())
  const items = [...new Set(stops.map((one) => itemOf(list, one)))]
  const at = items.indexOf(itemOf(list, event.target))
  if (at < 0) return
  event.preventDefault()
  const item = items[Math.min(items.length - 1, Math.max(0, at + step))]
  stops.find((one) => itemOf(list, one) === item).focus()
})

prepare()
whenShown(prepareSoon)
