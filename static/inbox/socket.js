// The socket that hx-ws opens: what is said to the server over it.
let connection = null

document.addEventListener("htmx:ws:after:connection", (event) => {
  connection = event.detail.connection
})
document.addEventListener("htmx:ws:close", () => {
  connection = null
})

export const hasSocket = () => connection !== null

// true: it went out
export function say(frame) {
  if (connection?.socket?.readyState !== WebSocket.OPEN) return false
  connection.socket.send(JSON.stringify(frame))
  return true
}

export function closeSocket(code) {
  connection?.socket.close(code)
}
