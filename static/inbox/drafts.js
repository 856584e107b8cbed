// Drafts, kept in this browser for all its tabs (and by draft-sync.js on the server): what is written, whether as a
// note, what it answers, and the id that it will leave with. Sent in one tab it is gone in the others, and sent in two
// at once it is one message.
import { newId } from "common/new-id.js"
import { saveSoon, syncedText, takeKept } from "inbox/draft-sync.js"
import { isNote } from "inbox/note-switch.js"
import { showQuote } from "inbox/quotes.js"
import { whenShown } from "inbox/shown.js"
import { whenSigningOut } from "inbox/sign-out.js"
import { me } from "inbox/words.js"

// of this agent, and as what it was written: a note must never come back as a message
const EMPTY = { text: "", note: false, quotes: "", quoted: "" }
const COMPOSERS = "form[data-composer]"
const known = new WeakMap() // composer → the text that this tab and the browser agree on

const keyOf = (form) => `draft:${me}:${form.dataset.composer}`

function readDraft(form) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(form)) || "null")
  } catch {
    return null
  }
}

function keepDraft(form) {
  const text = form.elements.text.value
  const quotes = form.elements.quotes.value
  if (!text && !quotes) return forgetDraft(form)
  known.set(form, text)
  writeDraft(form)
  // what the server has is known by then: emptied there, because it was sent elsewhere, it does not come back here
  saveSoon(form, () => form.isConnected && readDraft(form)?.text === form.elements.text.value && writeDraft(form))
}

function writeDraft(form) {
  const { value: text } = form.elements.text
  const { value: quotes } = form.elements.quotes
  const note = isNote(form)
  const quoted = form.querySelector("[data-quoted-text]").textContent
  const id = form.elements.client_id.value
  localStorage.setItem(keyOf(form), JSON.stringify({ text, note, quotes, quoted, id, synced: syncedText(form) }))
}

export function forgetDraft(form) {
  known.set(form, "")
  localStorage.removeItem(keyOf(form))
  saveSoon(form)
}

function restoreDrafts() {
  for (const form of document.querySelectorAll(COMPOSERS)) {
    if (form.dataset.ready) continue
    form.dataset.ready = "1"
    const kept = readDraft(form)
    const note = form.querySelector("[data-note]")
    if (kept && !form.elements.text.value) {
      form.elements.text.value = kept.text
      if (kept.note && note) note.checked = true
    }
    known.set(form, kept?.text ?? "")
    if (kept?.id) form.elements.client_id.value = kept.id
    // a pane that came anew knows nothing of what was being answered
    if (kept?.quotes) showQuote(form, kept.quotes, kept.quoted)
    takeKept(form, kept?.synced)
  }
}
restoreDrafts()
whenShown(restoreDrafts)

// what another tab has written or sent; what stands here and was never kept is not touched
function followOthers(form) {
  const kept = readDraft(form) ?? EMPTY
  const area = form.elements.text
  if (area.value !== (known.get(form) ?? "") || area.value === kept.text) return
  area.value = kept.text
  const note = form.querySelector("[data-note]")
  if (note && !note.hasAttribute("data-only-notes")) note.checked = kept.note
  // sent there, its id is used up
  form.elements.client_id.value = kept.id ?? newId()
  showQuote(form, kept.quotes, kept.quoted)
  // whoever shows something of what is written hears of it; that keeps what is kept
  area.dispatchEvent(new Event("input", { bubbles: true }))
}

const followAll = () => document.querySelectorAll(COMPOSERS).forEach(followOthers)

addEventListener("storage", (event) => {
  if (event.key === null || event.key.startsWith("draft:")) followAll()
})
// what others did while this tab was frozen
addEventListener("pageshow", (event) => event.persisted && followAll())
document.addEventListener("visibilitychange", () => document.hidden || followAll())

document.addEventListener("input", (event) => {
  const form = event.target.form
  if (form?.dataset.composer && (event.target.name === "text" || event.target.name === "note")) keepDraft(form)
})

// who signs out leaves nothing behind for the next one at this computer; what still waits to be sent is not lost by it
whenSigningOut(() => {
  for (const name of Object.keys(localStorage)) if (name.startsWith("draft:")) localStorage.removeItem(name)
})
