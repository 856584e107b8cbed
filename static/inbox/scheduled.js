// Programar: the dialog begins with what stands in the box, which it takes over once it is scheduled; Editar brings a
// scheduled text back into it.
import { newId } from "common/new-id.js"
import { whenShown } from "inbox/shown.js"

const began = new WeakMap() // form → what stood in the box when it was opened
const textOf = (chat) => document.getElementById(`text-${chat}`)

function write(area, text) {
  area.value = text
  area.dispatchEvent(new Event("input", { bubbles: true }))
  area.focus()
}

function prepare() {
  for (const button of document.querySelectorAll("[data-rewrite]")) button.hidden = false
  const form = document.querySelector("dialog form[data-schedules]")
  if (!form || form.dataset.ready) return
  form.dataset.ready = "1"
  const text = textOf(form.dataset.schedules)?.value
  if (!began.has(form)) began.set(form, text)
  if (text && form.elements.text) form.elements.text.value ||= text
}
prepare()
whenShown(prepare)

document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const { sourceElement: form, response, sourceEvent } = ctx
  if (response?.status >= 400 || !response) return
  const chat = form?.dataset?.schedules
  // what has come into the box meanwhile (a refused answer, words of another device) is nobody's to empty
  if (chat && textOf(chat) && textOf(chat).value === began.get(form)) {
    textOf(chat).form.elements.client_id.value = newId()
    write(textOf(chat), "")
  }
  if (!sourceEvent?.submitter?.matches("[data-rewrite]")) return
  const area = textOf(form.closest("[data-chat]").dataset.chat)
  const text = form.closest("li").querySelector("[data-scheduled-text]").textContent
  write(area, [text, area.value].filter(Boolean).join("\n"))
})
