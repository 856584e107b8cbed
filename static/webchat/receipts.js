// What of ours has arrived here, and what the visitor looked at: told to the server, and counted for the launcher.
import { PAGE } from "webchat/requests.js"
import { isFinal } from "common/tries.js"

export class Receipts {
  constructor(line) {
    this.line = line
    this.told = new Map() // id → the receipt given
    this.isWatched = false
    this.readFloors()
  }

  reset() {
    this.told.clear()
    this.readFloors()
  }

  // up to which number this browser had told already when it began
  readFloors() {
    const { kept } = this.line
    const read = kept.get("read", 0)
    this.floors = { read, delivered: Math.max(read, kept.get("delivered", 0)) }
  }

  listDue() {
    const status = this.isWatched ? "read" : "delivered"
    const due = []
    for (const { number, author, id } of this.line.said.values()) {
      const told = this.told.get(id)
      if (author === "me" || number <= this.floors[status] || told === "read" || told === status) continue
      due.push({ id, status })
    }
    return due.slice(0, PAGE)
  }

  async send(receipts) {
    const { line } = this
    const { status } = await line.requests.postJson("messages/", { receipts })
    if (status === 200 || isFinal(status)) {
      for (const receipt of receipts) this.told.set(receipt.id, receipt.status)
      if (!this.listDue().length) line.kept.set(receipts[0].status, Math.max(0, ...line.said.keys()))
      line.tellChanged()
    }
    return status
  }

  // How many of ours nobody has looked at; another tab may have.
  countUnread() {
    if (this.isWatched) return 0
    const read = Math.max(this.floors.read, this.line.kept.get("read", 0))
    const isUnread = ({ number, author, id }) => author !== "me" && number > read && this.told.get(id) !== "read"
    return [...this.line.said.values()].filter(isUnread).length
  }

  watch(isWatched) {
    if (this.isWatched === isWatched) return
    this.isWatched = isWatched
    this.line.tellChanged()
    this.line.outbox.pump()
  }
}
