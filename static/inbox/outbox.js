// What is written while the line is away waits in its pane and leaves when it is back, in order and with the id that it
// had from the start, so it is stored once however often it is sent. What the server refuses stays, with the reason.
import { make } from "common/make.js"
import { newId } from "common/new-id.js"
import { waitAfter } from "common/tries.js"
import { showToast } from "common/toast.js"
import "inbox/sending.js"
import { forgetDraft } from "inbox/drafts.js"
import { COMPOSERS, filesOf } from "inbox/files.js"
import { showQuote } from "inbox/quotes.js"
import { refreshPart } from "inbox/refresh.js"
import { whenShown } from "inbox/shown.js"
import { isSignOut } from "inbox/sign-out.js"
import { hasEnded, isOffline, showEnded } from "inbox/strip.js"
import { dropWaiting, isWaiting, keepWaiting, listWaiting, refuseWaiting, whenWaitingElsewhere } from "inbox/waiting.js"
import { words } from "inbox/words.js"

const ANSWERED_WITHIN_MS = 15_000
const NO_ANSWER = [0, 429, 502, 503, 504]
const SHOWN_CHARACTERS = 80
const left = new WeakMap() // composer → what it sent last
const kept = new WeakSet() // requests without an answer whose words wait now
let isPumping = false
let tries = 0
let timer

function itemOf(form) {
  const { text, quotes, client_id: id, last_seen: seen } = form.elements
  const name = form.closest(".wa-pane")?.querySelector("h2")?.textContent ?? ""
  const note = Boolean(form.querySelector("[data-note]")?.checked)
  const chat = form.dataset.composer
  return { id: id.value, chat, url: form.action, name, text: text.value, note, quotes: quotes.value, seen: seen.value }
}

const hasFiles = (form) => filesOf(form).some(({ refused }) => !refused)

// after sending.js, which notes what had been read
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target
    if (!form.matches?.(COMPOSERS)) return
    const item = itemOf(form)
    left.set(form, item)
    // files are no words that a browser keeps: whoever sends them says that they have not left
    if (hasFiles(form) || !item.text.trim()) return
    if (!isOffline() && !listWaiting().some((one) => isWaiting(one) && one.chat === item.chat)) return
    event.preventDefault()
    event.stopImmediatePropagation()
    wait(form, item)
  },
  true,
)

// it went out and nothing came back: nobody knows whether it is stored, its id does
for (const name of ["htmx:error", "htmx:response:error"]) {
  document.addEventListener(name, ({ detail: { ctx } }) => {
    const form = ctx?.sourceElement
    if (!form?.matches?.(COMPOSERS) || hasFiles(form) || !NO_ANSWER.includes(ctx.response?.status ?? 0)) return
    const item = left.get(form)
    if (!item?.text.trim()) return
    kept.add(ctx)
    wait(document.getElementById(form.id) ?? form, item)
  })
}

export const isKept = (ctx) => kept.has(ctx)

function wait(form, item) {
  keepWaiting(item)
  const { text, client_id: id } = form.elements
  // what was written since stays
  if (text.value.startsWith(item.text)) text.value = text.value.slice(item.text.length)
  forgetDraft(form)
  id.value = newId()
  showQuote(form, "", "")
  text.dispatchEvent(new Event("input", { bubbles: true }))
  draw()
  pump()
}

// Everything that waits, in order; another tab may do the same, and what both send is stored once.
async function pump() {
  if (isPumping) return
  isPumping = true
  clearTimeout(timer)
  let item
  while (!hasEnded() && (item = listWaiting().find(isWaiting))) {
    if (await send(item)) tries = 0
    else {
      timer = setTimeout(pump, waitAfter(tries++))
      break
    }
  }
  isPumping = false
}

// true: it is settled
async function send(item) {
  let answer
  try {
    const signal = AbortSignal.timeout(ANSWERED_WITHIN_MS)
    const request = { method: "POST", body: formOf(item), headers: { "HX-Request": "true" }, signal }
    answer = await fetch(item.url, request)
  } catch {
    return false
  }
  if (answer.headers.has("HX-Redirect")) showEnded()
  const reason = reasonIn(answer)
  // a proxy's, or that of a form from before a new sign-in, is no answer to this
  const isNone = NO_ANSWER.includes(answer.status) || (answer.status === 403 && !reason)
  if (hasEnded() || isNone) return false
  if (answer.ok) dropWaiting(item.id)
  else refuse(item, reason || words.failed)
  draw()
  const pane = document.getElementById(`pane-${item.chat}`)
  if (pane) await refreshPart(pane)
  return true
}

function formOf({ id, text, note, quotes, seen }) {
  const body = new FormData()
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? ""
  const fields = { csrfmiddlewaretoken: token, client_id: id, last_seen: seen, text, quotes }
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  if (note) body.append("note", "on")
  return body
}

function reasonIn(answer) {
  try {
    return JSON.parse(answer.headers.get("HX-Trigger")).toast.title
  } catch {
    return ""
  }
}

function refuse(item, reason) {
  refuseWaiting(item.id, reason)
  const text = `${item.name}: ${[...item.text].slice(0, SHOWN_CHARACTERS).join("")}`
  const action = { label: words.open, url: `/chat/${item.chat}/` }
  showToast({ level: "error", title: `${words.refused}: ${reason}`, text, action })
}

// --- how it is shown -----------------------------------------------------------------------------

function draw() {
  const items = listWaiting()
  for (const pane of document.querySelectorAll(".wa-pane[data-chat]")) {
    const mine = items.filter(({ chat }) => chat === pane.dataset.chat)
    const standing = pane.querySelector(".wa-waiting")
    if (!mine.length) {
      standing?.remove()
      continue
    }
    const place = standing ?? make("div", { class: "wa-waiting", role: "status" })
    const said = JSON.stringify(mine)
    if (!standing) pane.insertBefore(place, pane.querySelector(":scope > form[data-composer]"))
    // the same words written again would be read again
    if (place.dataset.said !== said) place.replaceChildren(...mine.map(makeItem))
    place.dataset.said = said
  }
}

function makeItem(item) {
  const line = make("p", { class: item.reason ? "is-bad" : "" }, item.text)
  if (!item.reason) {
    line.append(make("small", {}, words.waits))
    return line
  }
  const again = make("button", { type: "button", class: "wa-link" }, words.writeAgain)
  const discard = make("button", { type: "button", class: "wa-link" }, words.discard)
  again.addEventListener("click", () => writeAgain(item))
  discard.addEventListener("click", () => settle(item))
  line.append(make("small", {}, `${words.refused}: ${item.reason} `, again, " ", discard))
  return line
}

function settle(item) {
  dropWaiting(item.id)
  draw()
}

function writeAgain(item) {
  const area = document.getElementById(`text-${item.chat}`)
  if (!area) return
  area.value = [item.text, area.value].filter(Boolean).join("\n")
  area.dispatchEvent(new Event("input", { bubbles: true }))
  area.focus()
  settle(item)
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

draw()
whenShown(draw)
whenWaitingElsewhere(draw)
addEventListener("online", wake)
document.addEventListener("htmx:ws:after:connection", wake)
wake()
