// The limits of a text, said while it is written: in how many messages it leaves, and how much more fits.
import { COMPOSERS } from "inbox/files.js"
import { isNote } from "inbox/note-switch.js"
import { whenShown } from "inbox/shown.js"

const NEAR = 300 // characters

function sayLimits(form) {
  const { value, maxLength } = form.elements.text
  const stays = isNote(form)
  const place = form.querySelector("[data-parts-said]")
  const said = sayLeft(form, (stays ? Number(form.dataset.noteLimit) : maxLength) - value.length)
  const text = [stays ? "" : sayParts(form, value.trim()), said].filter(Boolean).join(" · ")
  // the same words written again would be read again
  if (place.textContent !== text) place.textContent = text
}

function sayParts(form, text) {
  const size = "countsBytes" in form.dataset ? new TextEncoder().encode(text).length : [...text].length
  const parts = Math.ceil(size / Number(form.dataset.limit))
  return parts > 1 ? form.dataset.parts.replace("%n", parts) : ""
}

function sayLeft({ dataset }, left) {
  if (left > NEAR) return ""
  return left < 0 ? dataset.over.replace("%n", -left) : dataset.left.replace("%n", left)
}

document.addEventListener("input", (event) => {
  if (event.target.form?.matches?.(COMPOSERS)) sayLimits(event.target.form)
})

const sayAll = () => document.querySelectorAll(COMPOSERS).forEach(sayLimits)
sayAll()
whenShown(sayAll)
