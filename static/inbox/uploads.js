// Sending files: each is a message of its own, one after the other, with its progress. The text goes with the first.
// What is refused stays, marked with the reason, and the others go. No part of a note ever becomes one of an answer.
import { showToast } from "common/toast.js"
import { newId } from "common/new-id.js"
import { sendWithProgress } from "common/upload.js"
import { forgetDraft } from "inbox/drafts.js"
import { COMPOSERS, dropFile, filesOf, showFilesOf } from "inbox/files.js"
import { holdAnswer } from "inbox/hold.js"
import { showQuote } from "inbox/quotes.js"
import { isNote, setNote } from "inbox/note-switch.js"
import { refreshPage, refreshPart } from "inbox/refresh.js"
import { showEnded } from "inbox/strip.js"
import { words } from "inbox/words.js"

const queues = new Map() // composer → what still leaves, in order
const GONE = [403, 404, 409] // of the chat, not of the file

// after sending.js, which notes what had been read
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target
    if (!form.matches?.(COMPOSERS)) return
    const entries = filesOf(form).filter((entry) => !entry.refused && !entry.isQueued)
    // what is written while files are on their way follows them
    if (!entries.length && !queues.has(form.id)) return
    event.preventDefault()
    event.stopImmediatePropagation()
    enqueue(form, entries)
  },
  true,
)

function enqueue(form, entries) {
  const { text, quotes, last_seen: seen } = form.elements
  const note = isNote(form)
  const said = { text: text.value, quotes: note ? "" : quotes.value }
  if (!entries.length && !said.text.trim()) return
  // one that did not get through as a part of a note is tried again as such, whatever is written by now
  const jobs = entries.map((entry) => ({ entry, note: (entry.isNote ||= note), text: "", quotes: "" }))
  const first = jobs.find((job) => job.note === note)
  if (first) Object.assign(first, said)
  else if (said.text.trim()) jobs.push({ ...said, note })
  for (const job of jobs) {
    if (job.entry) job.entry.isQueued = true
    // tried again, it is the same message
    const id = job.entry ? (job.entry.id ??= newId()) : newId()
    Object.assign(job, { id, form: form.id, url: form.action, seen: seen.value })
  }
  text.value = ""
  showQuote(form, "", "")
  setNote(form, false)
  text.dispatchEvent(new Event("input", { bubbles: true }))
  text.focus()
  const running = queues.get(form.id)
  if (running) running.push(...jobs)
  else sendAll(form.id, jobs)
}

async function sendAll(key, jobs) {
  queues.set(key, jobs)
  while (jobs.length) {
    const job = jobs.shift()
    const { status, reason, html } = await sendOne(job)
    if (status === 200) {
      if (job.entry) dropFile(job.entry)
      continue
    }
    if (job.entry) markRefused(job.entry, reason, status)
    const isLost = !status || status >= 500 || GONE.includes(status)
    // a caption goes on with the next file; what was written for us never with what the customer gets
    if (jobs.length && !isLost && jobs[0].note === job.note) Object.assign(jobs[0], mergeText(job, jobs[0]))
    else giveBack(job)
    if (!isLost) continue
    for (const left of jobs.splice(0)) giveBack(left)
    const form = document.getElementById(key)
    if (!form || !holdAnswer(form, html ?? "")) showToast({ level: "error", title: reason, text: "" })
    if (GONE.includes(status)) refreshPage()
  }
  queues.delete(key)
  finish(key)
}

const mergeText = ({ text, quotes }, next) => ({
  text: [text, next.text].filter(Boolean).join("\n"),
  quotes: quotes || next.quotes,
})

async function sendOne({ entry, url, id, text, quotes, note, seen, form }) {
  const body = new FormData()
  const token = document.getElementById(form)?.elements.csrfmiddlewaretoken ?? document.forms[0].csrfmiddlewaretoken
  const fields = { csrfmiddlewaretoken: token.value, client_id: id, last_seen: seen, text, quotes }
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  if (note) body.append("note", "on")
  if (entry?.isVoice) body.append("voice", "1")
  // the server has it already
  if (entry?.uuid) body.append("quick_files", entry.uuid)
  else if (entry) body.append("files", entry.file)
  if (entry) {
    entry.share = 0
    entry.abort = new AbortController()
    showFilesOf(entry)
  }
  try {
    const headers = { "HX-Request": "true", "HX-Current-URL": location.href }
    const request = { body, headers, signal: entry?.abort.signal }
    const answer = await sendWithProgress(url, request, (share) => {
      if (!entry) return
      entry.share = share
      showFilesOf(entry)
    })
    // a form of before another sign-in: what was written is in the draft by then
    if (answer.headers.has("HX-Refresh")) setTimeout(() => location.reload())
    if (answer.headers.has("HX-Redirect")) {
      showEnded()
      return { status: 0, reason: words.ended }
    }
    return { status: answer.status, reason: reasonIn(answer), html: await answer.text() }
  } catch {
    return { status: 0, reason: words.notSent }
  }
}

function reasonIn(answer) {
  try {
    return JSON.parse(answer.headers.get("HX-Trigger")).toast.title
  } catch {
    return words.failed
  }
}

// a file that its network or we refuse is not tried again; one that did not get through is, with the next Enter
function markRefused(entry, reason, status) {
  Object.assign(entry, { share: null, isQueued: false })
  if (status && status < 500 && !GONE.includes(status)) entry.refused = reason
  showFilesOf(entry)
}

// what was written and did not leave is in the box again
function giveBack({ entry, form: id, text, quotes, note }) {
  if (entry) entry.isQueued = false
  const form = document.getElementById(id)
  if (!form || !text) return
  // words that come to stand beside those of a note are one as well
  if (note) setNote(form, true)
  const area = form.elements.text
  area.value = [text, area.value].filter(Boolean).join("\n")
  if (quotes && !form.elements.quotes.value) form.elements.quotes.value = quotes
  area.dispatchEvent(new Event("input", { bubbles: true }))
}

function finish(key) {
  const form = document.getElementById(key)
  if (!form) return
  if (!form.elements.text.value) forgetDraft(form)
  refreshPart(form.closest(".wa-pane"))
}

addEventListener("beforeunload", (event) => queues.size && event.preventDefault())
