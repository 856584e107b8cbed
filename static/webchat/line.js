// The web chat's line to the server: who the visitor is, what was said, what still waits to be sent. It knows no
// screen; whoever draws hears "change".
//
// What GET messages/ answers is the truth. The socket makes it quick: its numbers show what was missed, and then
// the truth is asked again, from the last number that the truth itself gave (what came by socket may have overtaken
// what did not). What the visitor writes stays in the browser until the server has stored it; the id it carries
// makes it stored once, however often it is sent.
import { Kept } from "webchat/kept.js"
import { Outbox } from "webchat/outbox.js"
import { Receipts } from "webchat/receipts.js"
import { PAGE, Requests } from "webchat/requests.js"
import { Socket } from "webchat/socket.js"

const POLLED_EVERY_MS = 5000

// The id that the browser gave; the server puts the visitor before it.
export const idOf = (message) => String(message.client_id).replace(/^[^:]*:/, "")

export class Line extends EventTarget {
  constructor(base, key) {
    super()
    this.base = base
    this.key = key
    this.kept = new Kept(`witty.${key}`)
    this.said = new Map() // number → message, as the server knows it
    this.agent = "" // who attends
    this.isLoaded = false
    this.isCut = false // more was said before what is held
    this.isGone = false
    this.cursor = 0 // the last number that GET has given
    this.typingUntil = 0 // ms; 0: nobody is about to answer
    this.typist = "" // the agent who is; "": the assistant
    this.requests = new Requests(this)
    this.outbox = new Outbox(this)
    this.receipts = new Receipts(this)
    this.socket = new Socket(this)
  }

  start() {
    addEventListener("storage", (event) => this.hearOtherTab(event.key ?? ""))
    addEventListener("online", () => this.wake())
    addEventListener("offline", () => this.socket.hangUp())
    addEventListener("pageshow", (event) => event.persisted && this.socket.hangUp())
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.wake())
    // also when a question that the socket gave rise to got no answer
    setInterval(() => (this.socket.isLive && !this.isStale) || this.catchUp(), POLLED_EVERY_MS)
    return this.catchUp()
  }

  // Try everything now: the network is back, or the page is looked at again.
  wake() {
    this.outbox.forgetTries()
    this.socket.forgetTries()
    this.catchUp().then(() => this.outbox.pump())
    this.socket.call()
  }

  // Whether the visitor has said anything, here or before what is held.
  get hasWritten() {
    const isMine = ({ author }) => author === "me"
    return this.isCut || [...this.said.values()].some(isMine) || this.outbox.listWaiting().length > 0
  }

  tellChanged() {
    this.dispatchEvent(new Event("change"))
  }

  // Somebody is about to answer, until then or until the answer is there.
  showTyping(until, name = "") {
    clearTimeout(this.typingTimer)
    this.typingUntil = until
    this.typist = name
    if (until) this.typingTimer = setTimeout(() => this.showTyping(0), until - Date.now())
    this.tellChanged()
  }

  // What another tab of this browser has kept.
  hearOtherTab(name) {
    if (name === `witty.${this.key}.token`) {
      this.reset()
      this.catchUp()
    } else if (name.startsWith(`witty.${this.key}.`)) {
      this.tellChanged()
      this.outbox.pump()
    }
  }

  // The server does not know this visitor (any more): the next message is a new one's. What waits is kept.
  forgetVisitor(token) {
    if (!token || this.kept.get("token") !== token) return
    for (const key of ["token", "read", "delivered"]) this.kept.set(key, null)
    this.reset()
  }

  reset() {
    this.socket.hangUp()
    this.socket.isRefused = false
    this.said.clear()
    this.isLoaded = this.isCut = false
    this.cursor = 0
    this.agent = ""
    this.receipts.reset()
    this.tellChanged()
  }

  // The chat is no longer offered here.
  leave() {
    this.isGone = true
    this.socket.hangUp()
    this.tellChanged()
  }

  // Ask for what came after the last known; while one is asking, another only makes it ask once more.
  catchUp() {
    this.isStale = true
    this.catching ??= this.catchAll().finally(() => (this.catching = null))
    return this.catching
  }

  async catchAll() {
    while (this.isStale && this.kept.get("token") && !this.isGone) {
      this.isStale = false
      const path = this.isLoaded ? `messages/?after=${this.cursor}` : "messages/"
      const { status, answer, token } = await this.requests.ask(path)
      if (status === 404) this.leave()
      if (status !== 200) {
        this.isStale = true
        return
      }
      if (token === this.kept.get("token")) this.takePage(answer)
    }
    this.socket.call()
  }

  takePage({ messages, agent, more }) {
    this.isCut ||= !this.isLoaded && messages.length >= PAGE
    this.isLoaded = true
    for (const message of messages) this.cursor = Math.max(this.cursor, message.number)
    this.takeMessages(messages)
    this.agent = agent
    this.isStale ||= more
    this.tellChanged()
  }

  takeMessages(messages) {
    for (const message of messages) {
      this.said.set(message.number, message)
      if (message.author === "me") this.outbox.drop(idOf(message))
      else {
        this.agent = message.author === "agent" ? message.name : ""
        this.typingUntil = 0
      }
    }
    if (!messages.length) return
    this.tellChanged()
    this.outbox.pumpSoon()
  }
}
