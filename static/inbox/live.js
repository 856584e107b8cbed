// The live feed: one socket, numbered events. HTTP is the truth: a gap, a break or an order to resync asks it again.
import { afterClosing } from "common/closings.js"
import { noteLapse, takeEvent } from "inbox/events.js"
import { fitRows } from "inbox/filtered-rows.js"
import { askAnew, readMarks } from "inbox/marks.js"
import { refreshPage } from "inbox/refresh.js"
import { whenShown } from "inbox/shown.js"
import { whenSigningOut } from "inbox/sign-out.js"
import { connectNow, say } from "inbox/socket.js"
import { noteConnected, noteLost, showEnded } from "inbox/strip.js"
import { noteHeard } from "inbox/watch.js"

const CONFIRMED_EVERY = 262144 // characters
const SIGNED_OUT_MS = 1500 // until the server has heard of it

let wasOpen = false
let heardLength = 0

document.addEventListener("htmx:ws:after:connection", () => {
  if (wasOpen) noteLapse()
  wasOpen = true
  noteConnected()
  askAnew()
})

document.addEventListener("htmx:ws:before:message:incoming", (event) => {
  const { message } = event.detail
  const cut = message.data.indexOf("\n")
  noteHeard()
  confirmHearing(message.data.length)
  const head = readHead(cut < 0 ? message.data : message.data.slice(0, cut))
  const html = cut < 0 ? "" : message.data.slice(cut + 1)
  const shown = head && takeEvent(head) && fitRows(html)
  if (shown) message.data = shown
  else event.preventDefault()
})

// the server closes a line whose far end has said nothing for too many bytes: in a burst the beat is too slow
function confirmHearing(length) {
  heardLength += length
  if (heardLength <= CONFIRMED_EVERY) return
  heardLength = 0
  say({ got: 1 })
}

function readHead(text) {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

document.addEventListener("htmx:ws:close", (event) => {
  const then = afterClosing(event.detail.code)
  if (then === "ended") showEnded()
  else if (then === "anew") refreshPage()
  else noteLost()
})

// signed out in another tab: the socket may not be there to say so
const tabs = new BroadcastChannel("session")
tabs.addEventListener("message", () => setTimeout(refreshPage, SIGNED_OUT_MS))
whenSigningOut(() => tabs.postMessage("ending"))

whenShown(readMarks)
connectNow()
