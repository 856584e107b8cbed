// The tab's title and icon: how many chats wait for one's answer, and a dot for what has come into a tray unseen.
import { wants, whenChanged } from "inbox/own-settings.js"

const PREFIX = /^(?:\(\d+\+?\) |• )/
const MAX_SHOWN = 99
const icon = document.querySelector('link[rel="icon"]')
const plain = icon.href
const others = new BroadcastChannel("notices")
let unanswered = 0
const unseen = new Set() // kinds of what came while nobody looked
let drawing = null // the icon as it was published

const shortOf = (count) => (count > MAX_SHOWN ? `${MAX_SHOWN}+` : String(count))
const shownCount = () => (wants("answer", "tab") ? unanswered : 0)
const showsDot = () => [...unseen].some((kind) => wants(kind, "tab"))

export function showUnanswered(count) {
  unanswered = count
  show()
}

// something came while nobody looked at this tab
export function showNews(kind) {
  unseen.add(kind)
  show()
}

function clearNews() {
  if (!unseen.size) return
  unseen.clear()
  show()
}

function show() {
  showTitle()
  showIcon()
}

function showTitle() {
  const count = shownCount()
  const prefix = count ? `(${shortOf(count)}) ` : showsDot() ? "• " : ""
  const title = prefix + document.title.replace(PREFIX, "")
  if (title !== document.title) document.title = title
}

let shownBadge = ""
async function showIcon() {
  const count = shownCount()
  const badge = count ? shortOf(count) : showsDot() ? "•" : ""
  if (badge === shownBadge) return
  shownBadge = badge
  if (!badge) {
    icon.href = plain
    return
  }
  drawing ??= await readDrawing()
  // others may have come while it was fetched
  if (drawing && badge === shownBadge) icon.href = `data:image/svg+xml,${encodeURIComponent(withBadge(badge))}`
}

async function readDrawing() {
  try {
    const answer = await fetch(plain)
    return answer.ok ? await answer.text() : null
  } catch {
    return null
  }
}

function withBadge(text) {
  const words = text === "•" ? "" : text
  const size = { 0: 0, 1: 17, 2: 14 }[words.length] ?? 11
  const place = 'x="22" y="10.5" text-anchor="middle" dominant-baseline="central" font-family="sans-serif"'
  const number = words && `<text ${place} font-weight="700" font-size="${size}" fill="#fff">${words}</text>`
  const circle = `<circle cx="22" cy="10" r="${words ? 10 : 7}" fill="#b3261e"/>`
  return drawing.replace("</svg>", `${circle}${number}</svg>`)
}

// every screen brings its own title
new MutationObserver(showTitle).observe(document.head, { subtree: true, childList: true, characterData: true })

function look() {
  if (document.hidden) return
  clearNews()
  others.postMessage("seen")
}
document.addEventListener("visibilitychange", look)
others.addEventListener("message", ({ data }) => data === "seen" && clearNews())
whenChanged(show)
