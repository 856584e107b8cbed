// The watch over the line: what says nothing is let go, what does not come is not waited for, and a page that wakes up,
// or whose network is back, asks at once.
import { Elapsed } from "common/elapsed.js"
import { refreshPage } from "inbox/refresh.js"
import { connectNow, dropSocket, socketState } from "inbox/socket.js"
import { hasEnded } from "inbox/strip.js"

const BEAT_MS = 10_000
const DEAD_AFTER_MS = 32_000 // three beats
const CONNECTED_WITHIN_MS = 10_000
const SILENT = 4014
const JUMP_MS = 5000
// longer than hx-ws waits between two tries
const IDLE_MS = 25_000

const heard = new Elapsed()
const trying = new Elapsed()
const idle = new Elapsed()
let before
let drift = Date.now() - performance.now()

export const noteHeard = () => heard.restart()

// the machine slept, or its clock was set: times on the page are wrong, and what came meanwhile may be missing
function noteJump() {
  const now = Date.now() - performance.now()
  if (Math.abs(now - drift) > JUMP_MS) refreshPage()
  drift = now
}

function watch() {
  if (!hasEnded()) noteJump()
  const state = socketState()
  if (state !== before && state === WebSocket.CONNECTING) trying.restart()
  before = state
  if (state === WebSocket.OPEN && heard.ms > DEAD_AFTER_MS) dropSocket(SILENT)
  if (state === WebSocket.CONNECTING && trying.ms > CONNECTED_WITHIN_MS) {
    dropSocket()
    trying.restart()
  }
  if (state === WebSocket.OPEN || state === WebSocket.CONNECTING || hasEnded()) idle.restart()
  if (idle.ms > IDLE_MS && !document.hidden) {
    idle.restart()
    connectNow()
  }
}

// the line may have died while the page slept; one that stands has said something within a beat
function wake() {
  if (document.visibilityState !== "visible") return
  if (hasEnded()) return refreshPage()
  const state = socketState()
  if (state === WebSocket.OPEN && heard.ms > 1.5 * BEAT_MS) dropSocket(SILENT)
  if (state !== WebSocket.CONNECTING && socketState() !== WebSocket.OPEN) connectNow()
}

document.addEventListener("htmx:ws:after:connection", noteHeard)
setInterval(watch, 1000)
addEventListener("online", wake)
addEventListener("offline", () => dropSocket(SILENT))
addEventListener("pageshow", (event) => event.persisted && wake())
document.addEventListener("visibilitychange", wake)
