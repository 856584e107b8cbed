// Sending an answer: it says what the agent had read, and what was written meanwhile stays.
import { newId } from "common/new-id.js"
import { forgetDraft } from "inbox/drafts.js"
import { showQuote } from "inbox/quotes.js"
import { whenShown } from "inbox/shown.js"

const READ_AFTER_MS = 1000
const shownAt = new WeakMap() // what a customer said → when it came onto the screen
const sent = new Map() // composer → what left with it

// what the page came with has been seen; what is pushed counts after a second
for (const line of document.querySelectorAll("[data-heard]")) shownAt.set(line, -Infinity)
whenShown(() => {
  const now = performance.now()
  for (const line of document.querySelectorAll("[data-heard]")) if (!shownAt.has(line)) shownAt.set(line, now)
})

// what was on the screen for a second has been read; an answer that missed something newer comes back
document.addEventListener(
  "submit",
  (event) => {
    const form = event.target
    if (!form.dataset?.composer) return
    const log = document.getElementById(`log-${form.dataset.composer}`)
    const heard = [...(log?.querySelectorAll("[data-heard]") || [])]
    const read = heard.filter((line) => performance.now() - (shownAt.get(line) ?? -Infinity) > READ_AFTER_MS)
    const numbers = read.map((line) => Number(line.dataset.heard))
    form.elements.last_seen.value = Math.max(Number(form.elements.last_seen.value) || 0, ...numbers)
    sent.set(form.id, { text: form.elements.text.value })
  },
  true,
)

// the answer brings what was stored: what has come by the socket meanwhile is as new or newer, and stays
document.addEventListener("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  if (!ctx?.sourceElement?.dataset?.composer) return
  const isThere = ({ type, fragment }) => type === "partial" && document.getElementById(fragment.firstElementChild?.id)
  tasks.splice(0, tasks.length, ...tasks.filter((task) => !isThere(task)))
})

document.addEventListener("htmx:after:swap", (event) => {
  const form = event.detail.ctx?.sourceElement
  if (!form?.dataset?.composer || event.detail.ctx.response?.status !== 200) return
  const now = document.getElementById(form.id)
  if (now) clearComposer(now, sent.get(form.id))
  else forgetDraft(form)
})

// what was written or chosen while it was on its way stays
function clearComposer(form, gone) {
  const note = form.querySelector("[data-note]")
  const wasNote = note?.checked
  const area = form.elements.text
  if (gone && area.value.startsWith(gone.text)) area.value = area.value.slice(gone.text.length)
  // the draft that came back with the pane had the id of what has just left
  form.elements.client_id.value = newId()
  if (!area.value) forgetDraft(form)
  showQuote(form, "", "")
  area.dispatchEvent(new Event("input", { bubbles: true }))
  if (wasNote && !note.hasAttribute("data-only-notes")) note.checked = false
  // who has gone on to another chat meanwhile stays there
  if (document.activeElement === document.body || form.contains(document.activeElement)) area.focus()
}
