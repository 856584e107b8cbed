// Sending words: they stand in the thread from the key press on (pending.js) and leave in order, each with the id that
// it had from the start, so it is stored once however often it is sent. Without an answer they wait here, and leave
// when the line is back; what the server refuses is in the box again or stays, with the reason.
import { afterPaint } from "common/after-paint.js"
import { newId } from "common/new-id.js"
import { waitAfter } from "common/tries.js"
import { showToast } from "common/toast.js"
import { noteSeen } from "inbox/sending.js"
import { COMPOSERS, filesOf } from "inbox/files.js"
import { holdAnswer } from "inbox/hold.js"
import { isNote, setNote } from "inbox/note-switch.js"
import { drawPending } from "inbox/pending.js"
import { showQuote } from "inbox/quotes.js"
import { checkLogin, refreshPart } from "inbox/refresh.js"
import { whenShown } from "inbox/shown.js"
import { isSignOut } from "inbox/sign-out.js"
import { hasEnded, isOffline, showEnded } from "inbox/strip.js"
import { dropWaiting, isWaiting, keepWaiting, listWaiting, refuseWaiting, whenWaitingElsewhere } from "inbox/waiting.js"
import { words } from "inbox/words.js"

const ANSWERED_WITHIN_MS = 8000
const NO_ANSWER = [0, 429, 502, 503, 504]
const SHOWN_CHARACTERS = 80
const queued = new Set() // ids of what got no answer yet
const pumping = new Set() // chats
let tries = 0
let timer

const composerOf = (item) => document.getElementById(`composer-${item.chat}`)

function itemOf(form) {
  const { text, quotes, client_id: id, last_seen: seen } = form.elements
  const name = form.closest(".wa-pane")?.querySelector("h2")?.textContent ?? ""
  const note = isNote(form)
  const chat = form.dataset.composer
  const quoted = form.querySelector("[data-quoted-text]").textContent
  const item = { id: id.value, chat, url: form.action, name, text: text.value, note, quotes: quotes.value, quoted }
  return { ...item, seen: seen.value, at: Date.now() }
}

const hasFiles = (form) => filesOf(form).some(({ refused }) => !refused)

// below the document: after sending.js, which notes what had been read, and after those who take what goes with files
// (uploads.js)
document.documentElement.addEventListener(
  "submit",
  (event) => {
    const form = event.target
    if (!form.matches?.(COMPOSERS)) return
    const item = itemOf(form)
    if (hasFiles(form) || !item.text.trim()) return
    event.preventDefault()
    event.stopImmediatePropagation()
    if (isOffline()) queued.add(item.id)
    leave(form, item)
  },
  true,
)

function leave(form, item) {
  keepWaiting(item)
  const { text, client_id: id } = form.elements
  text.value = ""
  id.value = newId()
  if (item.quotes) showQuote(form, "", "")
  setNote(form, false)
  draw()
  // asked for the focus that it has, a box would have the page laid out at once
  if (document.activeElement !== text) text.focus()
  // Nothing stands between the key and what it shows: the draft, which its row says, goes after it, unless something
  // is written by then.
  afterPaint(() => {
    text.dispatchEvent(new Event("input", { bubbles: true }))
    pump()
  })
}

// Everything that waits; of each chat in order. Another tab may do the same: what both send is stored once.
function pump() {
  for (const chat of new Set(listWaiting().filter(isWaiting).map((item) => item.chat))) pumpChat(chat)
}

async function pumpChat(chat) {
  if (pumping.has(chat)) return
  pumping.add(chat)
  let item
  while (!hasEnded() && (item = listWaiting().find((one) => isWaiting(one) && one.chat === chat))) {
    if (await send(item)) {
      tries = 0
      continue
    }
    queued.add(item.id)
    draw()
    clearTimeout(timer)
    timer = setTimeout(pump, waitAfter(tries++))
    break
  }
  pumping.delete(chat)
}

// true: it is settled
async function send(item) {
  let answer, html
  try {
    const signal = AbortSignal.timeout(ANSWERED_WITHIN_MS)
    answer = await fetch(item.url, { method: "POST", body: bodyOf(item), headers: { "HX-Request": "true" }, signal })
    html = await answer.text()
  } catch {
    return false
  }
  if (answer.headers.has("HX-Redirect") || answer.headers.has("HX-Refresh")) return leavePage(item, answer.headers)
  checkLogin(answer.headers.get("Witty-Login"))
  const told = toastIn(answer)
  const reason = told?.title
  // a proxy's, or that of a form from before a new sign-in, is no answer to this
  const isNone = NO_ANSWER.includes(answer.status) || (answer.status === 403 && !reason)
  if (hasEnded() || isNone) return false
  if (answer.ok) await settle(item, html)
  else await refuse(item, reason || words.failed, html)
  if (answer.ok && told) showToast(told)
  return true
}

// The session is over, or another one: what was sent this moment is in the box again, and in its draft, when the page
// comes back; what has waited leaves by itself then.
function leavePage(item, headers) {
  const to = headers.get("HX-Redirect")
  if (!queued.has(item.id)) writeAgain(item)
  else if (to) showEnded()
  if (hasEnded()) return false
  if (to) location.assign(to)
  else location.reload()
  return false
}

function bodyOf({ id, text, note, quotes, seen }) {
  const body = new FormData()
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? ""
  const fields = { csrfmiddlewaretoken: token, client_id: id, last_seen: seen, text, quotes }
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  if (note) body.append("note", "on")
  return body
}

function toastIn(answer) {
  try {
    return JSON.parse(answer.headers.get("HX-Trigger")).toast
  } catch {
    return null
  }
}

// stored: the answer brings the message, which may have come by the socket before
async function settle(item, html) {
  queued.delete(item.id)
  const pane = document.getElementById(`pane-${item.chat}`)
  if (pane && html.includes("<hx-upsert")) {
    await htmx.swap({ sourceElement: composerOf(item) ?? pane, target: `#${pane.id}`, swap: "none", text: html })
  } else if (pane) await refreshPart(pane)
  dropWaiting(item.id)
  draw()
}

// refused: where the agent may go on, the words are in the box again, unless something else stands there by now
async function refuse(item, reason, html) {
  queued.delete(item.id)
  const pane = document.getElementById(`pane-${item.chat}`)
  if (pane) await refreshPart(pane)
  // stored all the same, or given back to the agent by another tab
  if (!listWaiting().some(({ id }) => id === item.id)) return draw()
  const text = `${item.name}: ${[...item.text].slice(0, SHOWN_CHARACTERS).join("")}`
  const form = composerOf(item)
  if (form && !form.elements.text.value) {
    writeAgain(item)
    if (!holdAnswer(form, html)) showToast({ level: "error", title: reason, text })
    return
  }
  refuseWaiting(item.id, reason)
  draw()
  const action = { label: words.open, url: `/chat/${item.chat}/` }
  showToast({ level: "error", title: `${words.refused}: ${reason}`, text, action })
}

function discard(item) {
  dropWaiting(item.id)
  draw()
}

function writeAgain(item) {
  const form = composerOf(item)
  if (!form) return
  const area = form.elements.text
  const isEmpty = !area.value
  area.value = [item.text, area.value].filter(Boolean).join("\n")
  // a note must never come back as a message, not as a part of one either
  if (isEmpty || item.note) setNote(form, item.note)
  if (isEmpty) showQuote(form, item.quotes, item.quoted ?? "")
  discard(item)
  area.dispatchEvent(new Event("input", { bubbles: true }))
  if ([null, document.body].includes(document.activeElement)) area.focus()
}

// the agent has read what stands there by now
function tryAgain(item) {
  const form = composerOf(item)
  if (form) noteSeen(form)
  keepWaiting({ ...item, seen: form?.elements.last_seen.value ?? item.seen, reason: "" })
  draw()
  pump()
}

const draw = () => drawPending(listWaiting(), { queued, tryAgain, writeAgain, discard })

// a message that came by the socket has been stored, whatever becomes of its answer
function drawAnew() {
  for (const { id } of listWaiting()) if (document.querySelector(`[data-sent="${id}"]`)) dropWaiting(id)
  draw()
}

// who signs out would leave them behind for good
document.addEventListener(
  "submit",
  (event) => {
    if (!isSignOut(event) || !listWaiting().some(isWaiting)) return
    event.preventDefault()
    showToast({ level: "error", title: words.stillWaiting, text: "" })
  },
  true,
)

function wake() {
  tries = 0
  pump()
}

drawAnew()
whenShown(drawAnew)
whenWaitingElsewhere(draw)
addEventListener("online", wake)
document.addEventListener("htmx:ws:after:connection", wake)
wake()
