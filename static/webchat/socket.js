// The socket that makes the line quick. Opened once there is a chat; before the first message nobody is there to be
// told anything.
import { afterClosing } from "common/closings.js"
import { waitAfter } from "common/tries.js"

const QUIET_MS = 25_000 // the server's beat comes every 10 s
// that a bot is shown as writing, and an agent, of whom it is said again
const TYPING_MS = { bot: 12_000, agent: 6000 }
const TYPES_EVERY_MS = 3000

export class Socket {
  constructor(line) {
    this.line = line
    this.open = null
    this.isLive = false
    this.isRefused = false // the server does not want this visitor
    this.mark = undefined // the number of the last event
    this.tries = 0
    this.typedAt = 0
  }

  forgetTries() {
    this.tries = 0
    this.isRefused = false
    clearTimeout(this.timer)
  }

  call() {
    clearTimeout(this.timer)
    if (this.open || this.line.isGone || this.isRefused || !this.line.said.size) return
    const address = new URL("ws/", this.line.base)
    address.protocol = address.protocol.replace("http", "ws")
    let socket
    try {
      socket = new WebSocket(address)
    } catch {
      return
    }
    this.open = socket
    socket.onopen = () => socket.send(JSON.stringify({ token: this.line.kept.get("token") }))
    socket.onmessage = (event) => this.hear(event.data)
    socket.onclose = (event) => this.hangUp(event.code)
    this.expectWords()
  }

  hear(frame) {
    this.expectWords()
    let head
    try {
      head = JSON.parse(frame.slice(0, frame.indexOf("\n")))
    } catch {
      return
    }
    if (head.beat) this.open.send('{"ok":1}')
    if (head.marks) {
      this.isLive = true
      this.tries = 0
    }
    // the server says in how many seconds: all that it tells to ask would come at once
    if (this.takeHead(head)) setTimeout(() => this.line.catchUp(), (head.wait ?? 0) * 1000)
    if (head.marks) this.line.outbox.pump()
  }

  // the visitor writes: shown to whoever may read the chat
  tellTyping() {
    if (!this.isLive || Date.now() - this.typedAt < TYPES_EVERY_MS) return
    this.typedAt = Date.now()
    this.open.send('{"typing":1}')
  }

  // true: something was missed
  takeHead(head) {
    let isMissing = Boolean(head.marks || head.resync)
    const marks = head.marks ?? head.reopened ?? head.beat
    if (marks) {
      // of the visitor's own group; none while Redis is away: then nobody tells us anything
      const mark = marks[Object.keys(marks).find((group) => group.startsWith("visitor."))]
      isMissing ||= mark === undefined || mark !== this.mark
      this.mark = mark
    } else if (head.g) {
      isMissing = head.n !== this.mark + 1 || !(head.message || head.typing)
      this.mark = head.n
      if (head.message) this.line.takeMessages([head.message])
      if (head.typing) this.line.showTyping(Date.now() + TYPING_MS[head.typing], head.name)
    }
    return isMissing
  }

  expectWords() {
    clearTimeout(this.quiet)
    this.quiet = setTimeout(() => this.hangUp(), QUIET_MS)
  }

  // The socket is gone, or of no use any more. It comes back by itself, unless the server does not want this visitor.
  hangUp(code) {
    clearTimeout(this.quiet)
    const socket = this.open
    this.open = null
    this.isLive = false
    this.mark = undefined
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null
      socket.close()
    }
    if (afterClosing(code) === "ended") this.isRefused = true
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.call(), waitAfter(this.tries++))
    if (socket) this.line.catchUp()
  }
}
