// What the panel's page says of itself, and how its scripts say times, sizes and icons.
const panel = document.querySelector(".w-panel")
const MINUTE = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
const SVG = "http://www.w3.org/2000/svg"

export const words = JSON.parse(document.getElementById("words").textContent)
export const key = panel.dataset.key
export const maxBytes = Number(panel.dataset.most)
export const log = document.querySelector(".w-log")
const { lang } = document.documentElement

export const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name])
export const timeOf = (date) => new Intl.DateTimeFormat(lang, MINUTE).format(date)

export function dayOf(date) {
  const year = date.getFullYear() === new Date().getFullYear() ? {} : { year: "numeric" }
  return new Intl.DateTimeFormat(lang, { weekday: "long", day: "numeric", month: "long", ...year }).format(date)
}

export function sizeOf(bytes) {
  const isSmall = bytes < 999_500
  const size = isSmall ? Math.max(1, Math.round(bytes / 1000)) : Math.round(bytes / 1e5) / 10
  return fill(words[isSmall ? "kB" : "MB"], { size: new Intl.NumberFormat(lang).format(size) })
}

export function makeIcon(name, classes = "icon") {
  const svg = document.createElementNS(SVG, "svg")
  const use = document.createElementNS(SVG, "use")
  svg.setAttribute("class", classes)
  svg.setAttribute("viewBox", "0 0 24 24")
  svg.setAttribute("aria-hidden", "true")
  use.setAttribute("href", `${panel.dataset.icons}#i-${name}`)
  svg.append(use)
  return svg
}

export const makeSmallIcon = (name) => makeIcon(name, "icon icon-xs")

// An element that is read out must not be written again with the same words.
export function sayIn(id, text) {
  const element = document.getElementById(id)
  if (element.textContent !== text) element.textContent = text
}

// Where focus goes by itself; on a phone a focused field would open the keyboard over the conversation.
export function focusPanel() {
  const isTouched = matchMedia("(pointer: coarse)").matches
  const place = isTouched ? log : document.getElementById("text")
  place.focus({ preventScroll: true })
}
