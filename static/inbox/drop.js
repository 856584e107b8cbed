// Files that are pasted into a composer, or dropped on its pane.
import { bringsFiles, droppedFiles, pastedFiles } from "common/dropped.js"
import { make } from "common/make.js"
import { addFiles, COMPOSERS, inputOf } from "inbox/files.js"
import { words } from "inbox/words.js"

document.addEventListener("paste", (event) => {
  const { form } = event.target
  if (!form?.matches?.(COMPOSERS) || !inputOf(form)) return
  const files = pastedFiles(event)
  if (!files.length) return
  event.preventDefault()
  addFiles(form, files)
})

const composerAt = (target) => {
  const form = target.closest?.(".wa-pane")?.querySelector(COMPOSERS)
  return form && inputOf(form) ? form : null
}

let shown = null

function showPlace(form) {
  const pane = form?.closest(".wa-pane") ?? null
  if (shown?.parentElement === pane) return
  shown?.remove()
  shown = pane ? make("div", { class: "wa-drop", "aria-hidden": "true" }, make("p", {}, words.dropHere)) : null
  pane?.append(shown)
}

document.addEventListener("dragover", (event) => {
  if (!bringsFiles(event)) return
  // beside a pane the browser would leave the page for the file
  event.preventDefault()
  const form = composerAt(event.target)
  event.dataTransfer.dropEffect = form ? "copy" : "none"
  showPlace(form)
})

document.addEventListener("dragleave", (event) => event.relatedTarget || showPlace(null))
document.addEventListener("dragend", () => showPlace(null))

document.addEventListener("drop", (event) => {
  if (!bringsFiles(event)) return
  event.preventDefault()
  showPlace(null)
  const form = composerAt(event.target)
  if (!form) return
  addFiles(form, droppedFiles(event))
  form.elements.text.focus()
})
