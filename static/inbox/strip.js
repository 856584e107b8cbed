// The strip above the page that says how the connection is: "offline", "online" (for a moment), "ended".
import { make } from "common/make.js"
import { words } from "inbox/words.js"

const OFFLINE_AFTER_MS = 3000
const ONLINE_SHOWN_MS = 4000
const CLASSES = { online: "is-good", ended: "is-bad" }
const strip = document.getElementById("connection")
let lostAt = 0

export const isLost = () => lostAt > 0

export function noteLost() {
  lostAt ||= Date.now()
}

export function noteConnected() {
  lostAt = 0
}

// only where the page had said that it was offline
export function showOnline() {
  if (strip.dataset.kind !== "offline") return
  showStrip("online", words.online)
  setTimeout(() => {
    if (strip.dataset.kind !== "online") return
    strip.hidden = true
    strip.dataset.kind = ""
  }, ONLINE_SHOWN_MS)
}

export function showEnded() {
  lostAt = 0
  showStrip("ended", words.ended, words.login)
}

setInterval(() => {
  if (!lostAt || Date.now() - lostAt <= OFFLINE_AFTER_MS || strip.dataset.kind === "offline") return
  showStrip("offline", words.offline, words.retry)
}, 1000)

function showStrip(kind, text, action) {
  strip.dataset.kind = kind
  strip.className = `wa-banner wa-connection ${CLASSES[kind] || ""}`
  strip.replaceChildren(make("span", {}, text))
  if (action) {
    const button = make("button", { class: "btn btn-sm", type: "button" }, action)
    button.addEventListener("click", kind === "ended" ? goToLogin : connectAgain)
    strip.append(button)
  }
  strip.hidden = false
}

const goToLogin = () => location.assign(`/login/?next=${encodeURIComponent(location.pathname)}`)
const connectAgain = () => htmx.process(document.getElementById("live"), true)
