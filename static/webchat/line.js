// The web chat's line to the server: who the visitor is, what was said, what still waits to be sent. It knows no
// screen; widget-panel.js draws what it holds whenever it says "change".
//
// What GET messages/ answers is the truth. The socket makes it quick: its numbers show what was missed, and then
// the truth is asked again, from the last number that the truth itself gave (what came by socket may have overtaken
// what did not). What the visitor writes stays in the browser until the server has stored it; the id it carries
// makes it stored once, however often it is sent.

const QUIET = 25_000 // ms; the server's beat comes every 10 s
const POLL = 5_000
const WAITS = [500, 1000, 2000, 4000, 5000] // ms before another try
const TYPING = 12_000 // ms that a bot is shown as writing
const PAGE = 100 // messages in one answer, receipts in one request
const LOGGED_OUT = 4401

// Answers that another try cannot change. 401 makes a new identity, 404 ends the chat.
const isFinal = status => status >= 400 && status < 500 && ![401, 404, 408, 425, 429].includes(status)

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID()
  // outside of https there is no randomUUID
  return [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, "0")).join("")
}

const waitOf = tries => WAITS[Math.min(tries, WAITS.length - 1)] * (0.8 + 0.4 * Math.random())

// What the browser keeps for one origin; in memory where it lets us keep nothing.
class Kept {
  constructor(name) {
    this.prefix = `${name}.`
    this.isShared = true
    try {
      localStorage.setItem(`${name}.try`, "1")
      localStorage.removeItem(`${name}.try`)
      this.box = localStorage
    } catch {
      const held = new Map()
      this.box = {getItem: key => held.get(key), setItem: (key, value) => held.set(key, value), removeItem: key => held.delete(key)}
      this.isShared = false
    }
  }

  get(key, otherwise = null) {
    try {
      return JSON.parse(this.box.getItem(this.prefix + key) ?? "null") ?? otherwise
    } catch {
      return otherwise
    }
  }

  set(key, value) {
    try {
      if (value === null) this.box.removeItem(this.prefix + key)
      else this.box.setItem(this.prefix + key, JSON.stringify(value))
    } catch { /* full: what is written now lives as long as the page */ }
  }
}

class Line extends EventTarget {
  constructor(base, key) {
    super()
    this.base = base
    this.key = key
    this.kept = new Kept(`witty.${key}`)
    this.said = new Map() // number → message, as the server knows it
    this.loose = new Map() // id → what waits with a file that is not up yet
    this.failed = new Map() // id → what the server refused, with the reason
    this.pictures = new Map() // file id → promise of a blob's URL
    this.agent = ""
    this.isLoaded = this.isLive = this.isGone = this.isRefused = this.isWatched = false
    this.isCut = false // more was said before what is held
    this.lostSince = 0 // ms; 0: the server was there when last asked
    this.cursor = 0 // the last number that GET has given
    this.mark = undefined // the number of the socket's last event
    this.typingUntil = 0 // ms; 0: nobody is about to answer
    this.told = new Map() // id → the receipt given
    this.sendTries = this.callTries = 0
    this.setFloors()
  }

  start() {
    addEventListener("storage", event => this.otherTab(event.key ?? ""))
    addEventListener("online", () => this.wake())
    addEventListener("offline", () => this.hangUp())
    addEventListener("pageshow", event => event.persisted && this.hangUp())
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.wake())
    // also when a question that the socket gave rise to got no answer
    setInterval(() => (this.isLive && !this.isStale) || this.catchUp(), POLL)
    return this.catchUp()
  }

  // Try everything now: the network is back, or the page is looked at again.
  wake() {
    this.sendTries = this.callTries = 0
    clearTimeout(this.sendTimer)
    clearTimeout(this.callTimer)
    this.catchUp().then(() => this.pump())
    this.call()
  }

  changed() {
    this.dispatchEvent(new Event("change"))
  }

  // Somebody is about to answer, until then or until he has.
  isTyping(until) {
    clearTimeout(this.typingTimer)
    this.typingUntil = until
    if (until) this.typingTimer = setTimeout(() => this.isTyping(0), until - Date.now())
    this.changed()
  }

  // --- what others in this browser do ---

  otherTab(name) {
    if (name === `witty.${this.key}.token`) {
      this.reset()
      this.catchUp()
    } else if (name.startsWith(`witty.${this.key}.`)) {
      this.changed()
      this.pump()
    }
  }

  // --- asking ---

  // One request; status 0 where no answer came. `answer` is JSON, or a blob for files.
  async ask(path, {seconds = 15, asBlob = false, ...options} = {}) {
    const token = this.kept.get("token")
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), seconds * 1000)
    try {
      const response = await fetch(new URL(path, this.base), {
        ...options,
        headers: token ? {...options.headers, "X-Witty-Visitor": token} : options.headers,
        credentials: "omit",
        signal: abort.signal,
      })
      const answer = asBlob && response.ok ? await response.blob() : await response.json().catch(() => ({}))
      // while what he wrote does not get through, other answers do not make it whole
      this.reached(response.status < 500 && !this.sendTries)
      if (response.status === 401) this.forget(token)
      return {status: response.status, answer}
    } catch {
      this.reached(false)
      return {status: 0, answer: {}}
    } finally {
      clearTimeout(timer)
    }
  }

  reached(isThere) {
    if (isThere === !this.lostSince) return
    this.lostSince = isThere ? 0 : Date.now()
    this.changed()
  }

  // The server does not know this visitor (any more): the next message is a new one's. What waits is kept.
  forget(token) {
    if (token && this.kept.get("token") === token) {
      for (const key of ["token", "read", "delivered"]) this.kept.set(key, null)
      this.reset()
    }
  }

  reset() {
    this.hangUp()
    this.said.clear()
    this.told.clear()
    this.isLoaded = this.isRefused = this.isCut = false
    this.cursor = 0
    this.agent = ""
    this.setFloors()
    this.changed()
  }

  async identify() {
    if (this.kept.get("token")) return true
    const {status, answer} = await this.ask("visitor/", {method: "POST"})
    if (status === 201) this.kept.set("token", answer.token)
    return status === 201
  }

  post(path, data) {
    return this.ask(path, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(data)})
  }

  // --- what was said ---

  // Ask for what came after the last known; while one is asking, another only makes it ask once more.
  catchUp() {
    this.isStale = true
    this.catching ??= this.catchAll().finally(() => (this.catching = null))
    return this.catching
  }

  async catchAll() {
    while (this.isStale && this.kept.get("token") && !this.isGone) {
      this.isStale = false
      const token = this.kept.get("token")
      const {status, answer} = await this.ask(this.isLoaded ? `messages/?after=${this.cursor}` : "messages/")
      if (status === 404) this.leave()
      if (status !== 200) {
        this.isStale = true
        return
      }
      if (token !== this.kept.get("token")) continue
      this.isCut ||= !this.isLoaded && answer.messages.length >= PAGE
      this.isLoaded = true
      for (const message of answer.messages) this.cursor = Math.max(this.cursor, message.number)
      this.take(answer.messages)
      this.agent = answer.agent
      this.isStale ||= answer.more
      this.changed()
    }
    this.call()
  }

  take(messages) {
    for (const message of messages) {
      this.said.set(message.number, message)
      if (message.author === "me") this.stored(Line.idOf(message))
      else {
        this.agent = message.author === "agent" ? message.name : ""
        this.typingUntil = 0
      }
    }
    if (messages.length) {
      this.changed()
      this.pumpSoon()
    }
  }

  // The id that the browser gave; the server puts the visitor before it.
  static idOf(message) {
    return String(message.client_id).replace(/^[^:]*:/, "")
  }

  leave() {
    this.isGone = true
    this.hangUp()
    this.changed()
  }

  // --- what waits to be sent ---

  // Oldest first: what the browser keeps, and what has a file that is still in memory.
  waiting() {
    return [...this.kept.get("out", []), ...this.loose.values()].sort((one, other) => one.at - other.at)
  }

  send({text = "", payload, file}) {
    const last = this.waiting().at(-1)
    const item = {id: newId(), at: Math.max(Date.now(), last ? last.at + 1 : 0), text, payload}
    if (file) this.loose.set(item.id, {...item, blob: file})
    else this.keep(item)
    this.changed()
    this.pump()
  }

  keep(item) {
    const before = this.kept.get("out", [])
    this.kept.set("out", [...before, item])
    // storage that is full took nothing: then it waits in memory
    if (this.kept.get("out", []).length === before.length) this.loose.set(item.id, item)
    else this.loose.delete(item.id)
  }

  stored(id) {
    this.loose.delete(id)
    this.failed.delete(id)
    const out = this.kept.get("out", [])
    if (out.some(item => item.id === id)) this.kept.set("out", out.filter(item => item.id !== id))
  }

  refuse(item, reason) {
    this.stored(item.id)
    this.failed.set(item.id, {...item, reason})
    this.changed()
  }

  pumpSoon() {
    clearTimeout(this.soon)
    this.soon = setTimeout(() => this.pump(), 200)
  }

  // Everything that waits, in order, one request at a time (of all tabs of this browser, where it can say so).
  async pump() {
    this.isDue = true
    if (this.isPumping) return
    this.isPumping = true
    while (this.isDue && !this.isGone) {
      this.isDue = false
      clearTimeout(this.sendTimer)
      await this.alone(async () => {
        while (await this.sendOne());
      })
    }
    this.isPumping = false
  }

  alone(work) {
    if (!this.kept.isShared || !navigator.locks) return work()
    return navigator.locks.request(`witty.${this.key}.send`, work)
  }

  // True while there is more to send at once.
  async sendOne() {
    const item = this.waiting()[0]
    const receipts = item ? [] : this.receipts()
    if (!item && !receipts.length) {
      this.isThrough()
      return false
    }
    const status = item ? await this.sendItem(item) : await this.sendReceipts(receipts)
    if (status === 404) this.leave()
    if ((status > 0 && status < 400) || isFinal(status)) {
      this.isThrough()
      return true
    }
    if (!this.isGone) this.sendTimer = setTimeout(() => this.pump(), status === 429 ? 10_000 : waitOf(this.sendTries++))
    return false
  }

  isThrough() {
    if (!this.sendTries) return
    this.sendTries = 0
    this.reached(true)
  }

  async sendItem(item) {
    if (!(await this.identify())) return 0
    if (item.blob) return this.upload(item)
    const {id, text, payload, file} = item
    const {status, answer} = await this.post("messages/", {id, text, payload, files: file && [file.id]})
    if (status === 200 || status === 201) {
      this.take([answer.message])
      // the first one: now there is a chat to listen to, and the bot has answered
      if (!this.isLive) await this.catchUp()
    } else if (isFinal(status)) {
      this.refuse(item, answer.reason ?? "")
    }
    return status
  }

  async upload(item) {
    const form = new FormData()
    try {
      // read whole first: a file that was moved or changed since it was chosen would look like a lost network
      form.append("file", new Blob([await item.blob.arrayBuffer()], {type: item.blob.type}), item.blob.name)
    } catch {
      this.refuse(item, "unreadable")
      return 422
    }
    const {status, answer} = await this.ask("files/", {method: "POST", body: form, seconds: 180})
    if (status === 201) {
      if (answer.width) this.pictures.set(answer.id, Promise.resolve(URL.createObjectURL(item.blob)))
      const {blob, ...rest} = item
      this.keep({...rest, file: answer})
      this.changed()
    } else if (isFinal(status)) {
      this.refuse(item, answer.reason ?? "")
    }
    return status
  }

  // --- receipts: what of ours has arrived, and what was looked at ---

  setFloors() {
    const read = this.kept.get("read", 0)
    this.floors = {read, delivered: Math.max(read, this.kept.get("delivered", 0))}
  }

  receipts() {
    const status = this.isWatched ? "read" : "delivered"
    const due = []
    for (const {number, author, id} of this.said.values()) {
      const told = this.told.get(id)
      if (author !== "me" && number > this.floors[status] && told !== "read" && told !== status) due.push({id, status})
    }
    return due.slice(0, PAGE)
  }

  async sendReceipts(receipts) {
    const {status} = await this.post("messages/", {receipts})
    if (status === 200 || isFinal(status)) {
      for (const receipt of receipts) this.told.set(receipt.id, receipt.status)
      if (!this.receipts().length) this.kept.set(receipts[0].status, Math.max(0, ...this.said.keys()))
      this.changed()
    }
    return status
  }

  // How many of ours nobody has looked at; another tab may have.
  unread() {
    if (this.isWatched) return 0
    const read = Math.max(this.floors.read, this.kept.get("read", 0))
    return [...this.said.values()].filter(
      ({number, author, id}) => author !== "me" && number > read && this.told.get(id) !== "read"
    ).length
  }

  watch(isWatched) {
    if (this.isWatched === isWatched) return
    this.isWatched = isWatched
    this.changed()
    this.pump()
  }

  // --- the socket ---

  // Opened once there is a chat; before the first message nobody is there to be told anything.
  call() {
    clearTimeout(this.callTimer)
    if (this.socket || this.isGone || this.isRefused || !this.said.size) return
    const address = new URL("ws/", this.base)
    address.protocol = address.protocol.replace("http", "ws")
    let socket
    try {
      socket = new WebSocket(address)
    } catch {
      return
    }
    this.socket = socket
    socket.onopen = () => socket.send(JSON.stringify({token: this.kept.get("token")}))
    socket.onmessage = event => this.hear(event.data)
    socket.onclose = event => this.hangUp(event.code)
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
    if (head.beat) this.socket.send('{"ok":1}')
    if (head.marks) {
      this.isLive = true
      this.callTries = 0
    }
    const marks = head.marks ?? head.beat
    let isMissing = Boolean(head.marks || head.resync)
    if (marks) {
      // of the visitor's own group; none while Redis is away: then nobody tells us anything
      const mark = marks[Object.keys(marks).find(group => group.startsWith("visitor."))]
      isMissing ||= mark === undefined || mark !== this.mark
      this.mark = mark
    } else if (head.g) {
      isMissing = head.n !== this.mark + 1 || !(head.message || head.typing)
      this.mark = head.n
      if (head.message) this.take([head.message])
      if (head.typing) this.isTyping(Date.now() + TYPING)
    }
    if (isMissing) this.catchUp()
    if (head.marks) this.pump()
  }

  expectWords() {
    clearTimeout(this.quiet)
    this.quiet = setTimeout(() => this.hangUp(), QUIET)
  }

  // The socket is gone, or of no use any more. It comes back by itself, unless the server does not want this visitor.
  hangUp(code) {
    clearTimeout(this.quiet)
    const socket = this.socket
    this.socket = null
    this.isLive = false
    this.mark = undefined
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null
      socket.close()
    }
    if (code === LOGGED_OUT) this.isRefused = true
    clearTimeout(this.callTimer)
    this.callTimer = setTimeout(() => this.call(), waitOf(this.callTries++))
    if (socket) this.catchUp()
  }
}
