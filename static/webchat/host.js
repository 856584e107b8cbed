// The page that holds the iframe. The launcher names its page in the fragment; only that page, and only from the window
// that holds us, is heard.
import { line } from "webchat/conversation.js"
import { focusPanel, key } from "webchat/page.js"

const host = parent === self ? "" : originIn(location.hash)
const minimise = document.getElementById("minimise")
let isOpen = !host
let toldUnread = null
let isKnown = false

function originIn(hash) {
  try {
    const named = decodeURIComponent(hash.slice(1))
    return new URL(named).origin === named ? named : ""
  } catch {
    return ""
  }
}

function tellHost(type, count) {
  if (host) parent.postMessage({ witty: key, type, count }, host)
}

function look() {
  line.receipts.watch(isOpen && document.visibilityState === "visible")
  const unread = line.receipts.countUnread()
  if (unread !== toldUnread) {
    toldUnread = unread
    tellHost("unread", unread)
  }
  if (!line.said.size || isKnown) return
  isKnown = true
  tellHost("known", 1)
}

addEventListener("message", (event) => {
  if (!host || event.source !== parent || event.origin !== host || Object(event.data).witty !== key) return
  if (event.data.type !== "open" && event.data.type !== "close") return
  isOpen = event.data.type === "open"
  look()
  if (isOpen) focusPanel()
})
document.addEventListener("visibilitychange", look)
line.addEventListener("change", () => queueMicrotask(look))
minimise.hidden = !host
minimise.addEventListener("click", () => tellHost("close"))
addEventListener("keydown", (event) => event.key === "Escape" && tellHost("close"))
tellHost("ready")
look()
