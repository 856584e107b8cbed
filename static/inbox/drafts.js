// Drafts, kept in this browser: what is written, whether as a note, and what it answers.
import { showQuote } from "inbox/quotes.js"
import { whenShown } from "inbox/shown.js"
import { me } from "inbox/words.js"

// of this agent, and as what it was written: a note must never come back as a message
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
  const note = Boolean(form.querySelector("[data-note]")?.checked)
  const quoted = form.querySelector("[data-quoted-text]").textContent
  localStorage.setItem(keyOf(form), JSON.stringify({ text, note, quotes, quoted }))
}

export function forgetDraft(form) {
  localStorage.removeItem(keyOf(form))
}

function restoreDrafts() {
  for (const form of document.querySelectorAll("form[data-composer]")) {
    if (form.dataset.ready) continue
    form.dataset.ready = "1"
    const kept = readDraft(form)
    const note = form.querySelector("[data-note]")
    if (kept && !form.elements.text.value) {
      form.elements.text.value = kept.text
      if (kept.note && note) note.checked = true
    }
    // a pane that came anew knows nothing of what was being answered
    if (kept?.quotes) showQuote(form, kept.quotes, kept.quoted)
  }
}
restoreDrafts()
whenShown(restoreDrafts)

document.addEventListener("input", (event) => {
  const form = event.target.form
  if (form?.dataset.composer && (event.target.name === "text" || event.target.name === "note")) keepDraft(form)
})

// who signs out leaves nothing behind for the next one at this computer
document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action") !== "/logout/") return
  for (const name of Object.keys(localStorage)) if (name.startsWith("draft:")) localStorage.removeItem(name)
})
