// The strip above the page that says how the connection is: "offline", "online" (for a moment), "ended".
import { make } from "common/make.js"
import { Elapsed } from "common/elapsed.js"
import { connectNow } from "inbox/socket.js"
import { words } from "inbox/words.js"

const OFFLINE_AFTER_MS = 3000
const ONLINE_SHOWN_MS = 4000
const CLASSES = { online: "is-good", ended: "is-bad" }
const strip = document.getElementById("connection")
let lost = null // how long ago the line was

export const isOffline = () => !navigator.onLine || strip.dataset.kind === "offline"
export const hasEnded = () => strip.dataset.kind === "ended"

export function noteLost() {
  lost ??= new Elapsed()
}

export function noteConnected() {
  lost = null
}

// only where the page had said that it was offline
export function showOnline() {
  noteConnected()
  if (strip.dataset.kind !== "offline") return
  showStrip("online", words.online)
  setTimeout(() => {
    if (strip.dataset.kind !== "online") return
    strip.hidden = true
    strip.dataset.kind = ""
  }, ONLINE_SHOWN_MS)
}

// who comes next to this computer reads nothing of what stood here
export function showEnded() {
  if (hasEnded()) return
  lost = null
  document.getElementById("main").replaceChildren()
  document.getElementById("toasts").replaceChildren()
  for (const dialog of document.querySelectorAll("dialog")) dialog.close()
  document.getElementById("dialog").replaceChildren()
  showStrip("ended", words.ended, words.login)
}

setInterval(() => {
  if (!lost || lost.ms <= OFFLINE_AFTER_MS || strip.dataset.kind === "offline" || hasEnded()) return
  showStrip("offline", words.offline, words.retry)
}, 1000)

function showStrip(kind, text, action) {
  strip.dataset.kind = kind
  strip.className = `wa-banner wa-connection ${CLASSES[kind] || ""}`
  strip.replaceChildren(make("span", {}, text))
  if (action) {
    const button = make("button", { class: "btn btn-sm", type: "button" }, action)
    button.addEventListener("click", kind === "ended" ? goToLogin : connectNow)
    strip.append(button)
  }
  strip.hidden = false
}

const goToLogin = () => location.assign(`/login/?next=${encodeURIComponent(location.pathname)}`)
