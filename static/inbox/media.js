// What is done with a thread beyond its newest page, and with its pictures and sounds: fetched at its first use.
import { whenShown } from "inbox/shown.js"

const UP_PX = 40
const MOST_LINES = 120
const WAYS = [
  ["[data-play]", startSound],
  ["a[data-picture]:not(.is-sticker)", openPicture],
  ["a.wa-quote, a[data-around], .wa-older a, .wa-gap a", goInThread],
  ["[data-to-end]", goToEnd],
]

async function startSound(button) {
  const { play } = await import("inbox/sound.js")
  play(button)
}

async function openPicture(link) {
  const { view } = await import("inbox/viewer.js")
  await view(link)
}

async function goInThread(element) {
  const { goTo } = await import("inbox/past.js")
  await goTo(element)
}

async function goToEnd(button) {
  const { showEnd } = await import("inbox/reading.js")
  showEnd(button)
}

async function readAbove(log) {
  const { keepPlace } = await import("inbox/reading.js").catch(() => ({}))
  keepPlace?.(log)
  shortenAll()
}

// at the end of a thread that has grown long
async function shorten(log) {
  const { keepNewest } = await import("inbox/thread-window.js").catch(() => ({}))
  // not between a key and what it shows
  ;(window.requestIdleCallback ?? setTimeout)(() => keepNewest?.(log))
}

function shortenAll() {
  for (const log of document.querySelectorAll(".wa-log[data-log]:not(.is-up)"))
    if (log.querySelector(".wa-thread")?.childElementCount > MOST_LINES) shorten(log)
}

async function act(event, element, way) {
  event.preventDefault()
  event.stopImmediatePropagation()
  try {
    await way(element)
  } catch {
    if (element.href) location.assign(element.href)
  }
}

document.addEventListener(
  "click",
  (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    for (const [selector, way] of WAYS) {
      const element = event.target.closest(selector)
      if (element) return act(event, element, way)
    }
  },
  true,
)

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target.closest("form[data-around]")
    if (form) act(event, form, goInThread)
  },
  true,
)

document.addEventListener(
  "scroll",
  ({ target }) => {
    if (!target.matches?.(".wa-log[data-log]")) return
    if (target.scrollTop < -UP_PX || target.classList.contains("is-up")) readAbove(target)
    else shortenAll()
  },
  { capture: true, passive: true },
)

whenShown(shortenAll)
