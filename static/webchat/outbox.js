// What the visitor wrote and the server has not stored yet: kept in the browser, sent in order, one at a time.
import { newId } from "common/new-id.js"
import { isFinal, waitAfter } from "common/tries.js"

const UPLOAD_SECONDS = 180
const THROTTLED_MS = 10_000

export class Outbox {
  constructor(line) {
    this.line = line
    this.loose = new Map() // id → what waits with a file that is not up yet
    this.failed = new Map() // id → what the server refused, with the reason
    this.shown = new Map() // file id → promise of a blob's URL
    this.shares = new Map() // id → how much of its file is up, from 0 to 1
    this.tries = 0
  }

  // Oldest first: what the browser keeps, and what has a file that is still in memory.
  listWaiting() {
    return [...this.line.kept.get("out", []), ...this.loose.values()].sort((one, other) => one.at - other.at)
  }

  send({ text = "", payload, file }) {
    const last = this.listWaiting().at(-1)
    const item = { id: newId(), at: Math.max(Date.now(), last ? last.at + 1 : 0), text, payload }
    if (file) this.loose.set(item.id, { ...item, blob: file })
    else this.keep(item)
    this.line.tellChanged()
    this.pump()
  }

  keep(item) {
    const { kept } = this.line
    const before = kept.get("out", [])
    kept.set("out", [...before, item])
    // storage that is full took nothing: then it waits in memory
    if (kept.get("out", []).length === before.length) this.loose.set(item.id, item)
    else this.loose.delete(item.id)
  }

  // It waits no more.
  drop(id) {
    this.loose.delete(id)
    this.failed.delete(id)
    const out = this.line.kept.get("out", [])
    const rest = out.filter((item) => item.id !== id)
    if (rest.length < out.length) this.line.kept.set("out", rest)
  }

  refuse(item, reason) {
    this.drop(item.id)
    this.failed.set(item.id, { ...item, reason })
    this.line.tellChanged()
  }

  forgetTries() {
    this.tries = 0
    this.line.requests.isStuck = false
    clearTimeout(this.timer)
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
    while (this.isDue && !this.line.isGone) {
      this.isDue = false
      clearTimeout(this.timer)
      await this.workAlone(async () => {
        let hasMore = true
        while (hasMore) hasMore = await this.sendNext()
      })
    }
    this.isPumping = false
  }

  workAlone(work) {
    if (!this.line.kept.isShared || !navigator.locks) return work()
    return navigator.locks.request(`witty.${this.line.key}.send`, work)
  }

  // True while there is more to send at once.
  async sendNext() {
    const { line } = this
    const item = this.listWaiting()[0]
    const receipts = item ? [] : line.receipts.listDue()
    if (!item && !receipts.length) {
      this.noteThrough()
      return false
    }
    const status = item ? await this.sendItem(item) : await line.receipts.send(receipts)
    if (status === 404) line.leave()
    if ((status > 0 && status < 400) || isFinal(status)) {
      this.noteThrough()
      return true
    }
    if (!line.isGone) this.tryLater(status)
    return false
  }

  tryLater(status) {
    const wait = status === 429 ? THROTTLED_MS : waitAfter(this.tries)
    if (status !== 429) this.tries += 1
    this.line.requests.isStuck = this.tries > 0
    this.timer = setTimeout(() => this.pump(), wait)
  }

  noteThrough() {
    if (!this.tries) return
    this.tries = 0
    this.line.requests.isStuck = false
    this.line.requests.noteReached(true)
  }

  async sendItem(item) {
    const { line } = this
    if (!(await line.requests.identify())) return 0
    if (item.blob) return this.upload(item)
    const { id, text, payload, file } = item
    const message = { id, text, payload, files: file && [file.id] }
    const { status, answer } = await line.requests.postJson("messages/", message)
    if (status === 200 || status === 201) {
      line.takeMessages([answer.message])
      // the first one: now there is a chat to listen to, and the bot has answered
      if (!line.socket.isLive) await line.catchUp()
    } else if (isFinal(status)) {
      this.refuse(item, answer.reason ?? "")
    }
    return status
  }

  async upload(item) {
    const form = new FormData()
    try {
      // read whole first: a file that was moved or changed since it was chosen would look like a lost network
      form.append("file", new Blob([await item.blob.arrayBuffer()], { type: item.blob.type }), item.blob.name)
    } catch {
      this.refuse(item, "unreadable")
      return 422
    }
    const onProgress = (share) => {
      this.shares.set(item.id, share)
      this.line.tellChanged()
    }
    const request = { method: "POST", body: form, seconds: UPLOAD_SECONDS, onProgress }
    const { status, answer } = await this.line.requests.ask("files/", request)
    this.shares.delete(item.id)
    if (status === 201) {
      if (answer.width) this.shown.set(answer.id, Promise.resolve(URL.createObjectURL(item.blob)))
      const { blob: _sent, ...rest } = item
      this.keep({ ...rest, file: answer })
      this.line.tellChanged()
    } else if (isFinal(status)) {
      this.refuse(item, answer.reason ?? "")
    }
    return status
  }
}
