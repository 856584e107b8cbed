// Requests to the server: who asks, and whether it is there.
import { sendWithProgress } from "common/upload.js"

export const PAGE = 100 // messages in one answer, receipts in one request

export class Requests {
  constructor(line) {
    this.line = line
    this.lostSince = 0 // ms; 0: the server was there when last asked
    this.isStuck = false // what the visitor wrote does not get through
  }

  // One request; status 0 where no answer came. `answer` is JSON, or a blob for files.
  async ask(path, { seconds = 15, asBlob = false, onProgress, ...options } = {}) {
    const token = this.line.kept.get("token")
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), seconds * 1000)
    try {
      const headers = token ? { ...options.headers, "X-Witty-Visitor": token } : options.headers
      const request = { ...options, headers, credentials: "omit", signal: abort.signal }
      const url = new URL(path, this.line.base)
      const response = await (onProgress ? sendWithProgress(url, request, onProgress) : fetch(url, request))
      const answer = asBlob && response.ok ? await response.blob() : await response.json().catch(() => ({}))
      // while what was written does not get through, other answers do not make it whole
      this.noteReached(response.status < 500 && !this.isStuck)
      if (response.status === 401) this.line.forgetVisitor(token)
      // the same visitor, whose token would end one day
      const renewed = response.headers?.get("X-Witty-Visitor")
      if (renewed && token === this.line.kept.get("token")) this.line.kept.set("token", renewed)
      return { status: response.status, answer, token: renewed ?? token }
    } catch {
      this.noteReached(false)
      return { status: 0, answer: {} }
    } finally {
      clearTimeout(timer)
    }
  }

  postJson(path, data) {
    const headers = { "Content-Type": "application/json" }
    return this.ask(path, { method: "POST", headers, body: JSON.stringify(data) })
  }

  // true: there is a visitor's token
  async identify() {
    if (this.line.kept.get("token")) return true
    const { status, answer } = await this.ask("visitor/", { method: "POST" })
    if (status === 201) this.line.kept.set("token", answer.token)
    return status === 201
  }

  noteReached(isThere) {
    if (isThere === !this.lostSince) return
    this.lostSince = isThere ? 0 : Date.now()
    this.line.tellChanged()
  }
}
