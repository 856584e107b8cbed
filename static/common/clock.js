// [data-since] and [data-until] (ISO) tick by the server's clock, in the words and colours of ui.py.
// The time stands in the element's last text; what comes before it belongs into an element of its own.
// data-plain: no colours. data-hours: length of the session, for the ring.
const TICKING = "[data-since], [data-until]"

const meta = (name) => document.querySelector(`meta[name="${name}"]`).content
const words = JSON.parse(document.getElementById("clock-words").textContent)
const [waitAmber, waitRed, sessionAmber, sessionRed] = meta("thresholds").split(" ").map(Number)

const arrived = performance.getEntriesByType("navigation")[0]?.responseStart ?? performance.now()
// by how much the server's clock is ahead of this one; a part that came anew says it again
let ahead = Date.parse(meta("now")) - (performance.timeOrigin + arrived)

const fill = (key, parts) => words[key].replace(/%\((\w)\)s/g, (_, name) => parts[name])

function durationOf(seconds) {
  const minutes = Math.max(Math.floor(seconds / 60), Math.min(Math.ceil(seconds), 1))
  if (minutes > 24 * 60) {
    const hours = Math.floor((minutes % 1440) / 60)
    return fill(hours ? "dh" : "d", { d: Math.floor(minutes / 1440), h: hours })
  }
  const parts = { h: Math.floor(minutes / 60), m: minutes % 60 }
  return fill(parts.h && parts.m ? "hm" : parts.h ? "h" : "m", parts)
}

function tick(element) {
  const { since, until, plain, hours } = element.dataset
  const now = Date.now() + ahead
  const seconds = since ? Math.max(1, (now - Date.parse(since)) / 1000) : Math.max(0, (Date.parse(until) - now) / 1000)
  writeText(element, durationOf(seconds))
  if (plain === undefined) {
    const late = since ? seconds > waitRed : seconds < sessionRed
    const soon = since ? seconds >= waitAmber : seconds < sessionAmber
    element.classList.toggle("text-danger", late)
    element.classList.toggle("text-warning", soon && !late)
  }
  const left = Math.round(Math.min(100, seconds / 36 / (hours || 24)))
  element.querySelector(".wa-ring circle:last-child")?.setAttribute("stroke-dasharray", `${left} 100`)
}

function writeText(element, text) {
  const node = [...element.childNodes].findLast((child) => child.nodeType === Node.TEXT_NODE && child.data.trim())
  if (!node) element.append(text)
  else if (node.data !== text) node.data = text
}

function setClock(now) {
  ahead = Date.parse(now) - Date.now()
  tickAll(document)
}

const tickAll = (root) => root.querySelectorAll(TICKING).forEach(tick)

new MutationObserver((changes) => {
  for (const { type, target, addedNodes } of changes) {
    if (type === "attributes" && target.dataset.now) setClock(target.dataset.now)
    if (type === "attributes" && target.matches(TICKING)) tick(target)
    for (const node of addedNodes) {
      if (node.nodeType !== Node.ELEMENT_NODE) continue
      if (node.matches(TICKING)) tick(node)
      tickAll(node)
    }
  }
}).observe(document.body, { childList: true, subtree: true, attributeFilter: ["data-since", "data-until", "data-now"] })

document.addEventListener("visibilitychange", () => document.hidden || tickAll(document))
setInterval(() => tickAll(document), 10_000)
tickAll(document)
