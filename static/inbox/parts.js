// In how many messages a long text leaves, said while it is written.
import { COMPOSERS } from "inbox/files.js"
import { whenShown } from "inbox/shown.js"

function countParts(form) {
  const text = form.elements.text.value.trim()
  const size = "countsBytes" in form.dataset ? new TextEncoder().encode(text).length : [...text].length
  const parts = form.querySelector("[data-note]")?.checked ? 1 : Math.ceil(size / Number(form.dataset.limit))
  const place = form.querySelector("[data-parts-said]")
  const said = parts > 1 ? form.dataset.parts.replace("%n", parts) : ""
  // the same words written again would be read again
  if (place.textContent !== said) place.textContent = said
}

document.addEventListener("input", (event) => {
  if (event.target.form?.matches?.(COMPOSERS)) countParts(event.target.form)
})

const countAll = () => document.querySelectorAll(COMPOSERS).forEach(countParts)
countAll()
whenShown(countAll)
