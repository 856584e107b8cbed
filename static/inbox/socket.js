// The socket that hx-ws opens: what is said to the server over it, and that it is let go and opened anew.
import { afterClosing } from "common/closings.js"

const BROKEN = 1006
// somebody looks at the strip and waits: hx-ws would let a minute pass between two tries
const TRIED_EVERY_MS = 15_000
let connection = null // from its first try until it is given up

for (const name of ["htmx:ws:before:connection", "htmx:ws:after:connection"]) {
  document.addEventListener(name, (event) => {
    connection = event.detail.connection
    connection.config.reconnectMaxDelay = TRIED_EVERY_MS
    // a list of codes in hx-ws; everything but the end of a session passes
    connection.config.reconnectCodes = { includes: (code) => afterClosing(code) !== "ended" }
  })
}
document.addEventListener("htmx:ws:close", (event) => {
  const { reason, code } = event.detail
  if (reason !== "closed" || afterClosing(code) === "ended") connection = null
})

// the browser's own words for it; undefined before the first try
export const socketState = () => connection?.socket?.readyState

// true: it went out
export function say(frame) {
  if (socketState() !== WebSocket.OPEN) return false
  connection.socket.send(JSON.stringify(frame))
  return true
}

// A line that is of no use any more. Its own "close" may take a minute where nobody answers it: nobody waits for that,
// and when it comes it is not heard a second time. One that has closed is tried again already: said twice, hx-ws would
// set two timers and forget the first, whose line nobody would look after.
export function dropSocket(code) {
  const socket = connection?.socket
  if (!socket || socket.readyState === WebSocket.CLOSED) return
  socket.close(code)
  const { abortController } = connection
  socket.dispatchEvent(new CloseEvent("close", { code: BROKEN }))
  abortController.abort()
}

export function connectNow() {
  const place = document.getElementById("live")
  htmx.process(place, true)
  place.dispatchEvent(new Event("witty:connect"))
}
