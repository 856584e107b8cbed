// The page of quick replies: how a text looks with a customer's values while it is written, buttons that put a variable
// into it, Ctrl+S.
import { drawFilled } from "inbox/quick-draw.js"
import { findMissing, makeValues } from "inbox/quick-fill.js"
import { whenShown } from "inbox/shown.js"

const textOf = (element) => element.value ?? element.textContent

function showPreview() {
  const preview = document.querySelector("[data-quick-preview]")
  if (!preview) return
  const samples = JSON.parse(document.getElementById("quick-samples").textContent)
  const text = textOf(document.querySelector("[data-quick-text]"))
  const sample = samples[preview.querySelector("[data-quick-sample]").value] ?? samples[0]
  const values = makeValues(sample.values)
  preview.hidden = false
  preview.querySelector("[data-quick-filled]").replaceChildren(...drawFilled(text, values))
  const { length } = findMissing(text, values)
  const said = { 0: "", 1: preview.dataset.missingOne }[length] ?? preview.dataset.missingMany.replace("%n", length)
  const place = preview.querySelector("[data-quick-missing]")
  // the same words written again would be read again
  if (place.textContent !== said) place.textContent = said
}

function prepare() {
  for (const buttons of document.querySelectorAll("[data-inserts]")) buttons.hidden = false
  showPreview()
}
prepare()
whenShown(prepare)

document.addEventListener("input", (event) => {
  if (event.target.matches("[data-quick-text]")) showPreview()
})
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-quick-sample]")) showPreview()
})

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]")
  const area = button?.form?.querySelector("textarea[data-quick-text]")
  if (!area) return
  const from = area.selectionStart
  area.setRangeText(`{${button.dataset.insert}}`, from, area.selectionEnd, "end")
  area.focus()
  // its name is the question: it is written over
  if ("rename" in button.dataset) area.setSelectionRange(from + 1, from + 1 + button.dataset.insert.length)
  area.dispatchEvent(new Event("input", { bubbles: true }))
})

document.addEventListener("keydown", (event) => {
  const form = document.getElementById("qr")
  if (!form || event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey)) return
  event.preventDefault()
  form.requestSubmit()
})
