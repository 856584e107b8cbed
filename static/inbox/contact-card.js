// The card of a contact. A field that is worked on stays as it is, with what its form was read from ("was"), while the
// page comes anew: what is sent says what its person had seen. Escape leaves a field as it was.
import { refreshPage } from "inbox/refresh.js"

const formOf = (element) => element?.closest?.("[data-card-form]")
const isTyped = (field) => field.matches("input:not([type=hidden]), textarea") && field.value !== field.defaultValue
const isWorkedOn = (form) =>
  form.matches(":focus-within") || [...form.elements].some((one) => isTyped(one) || one.ariaInvalid === "true")

// their own answers do come into them
const answered = new Set()
const missed = new WeakSet()

htmx.registerExtension("contact-card", {
  htmx_before_morph_node: (_target, { oldNode, newNode }) => {
    // what is open stays so, until it is sent
    if (oldNode.matches?.('[data-screen="contacto"] details[open]')) newNode.setAttribute("open", "")
    if (!oldNode.matches?.("[data-card-form]") || answered.has(oldNode) || !isWorkedOn(oldNode)) return true
    // another's card
    if (oldNode.getAttribute("action") !== newNode.getAttribute("action")) return true
    missed.add(oldNode)
    return false
  },
})

document.addEventListener("htmx:after:request", ({ target, detail: { ctx } }) => {
  if (!target.matches?.("[data-card-form]")) return
  answered.add(target)
  const note = target.querySelector("textarea[id^=card-note-]")
  // what has been typed since it was sent stays
  if (note && ctx.response.status < 400 && ctx.request.body.get("text") === note.value) note.value = ""
})
document.addEventListener("htmx:finally:request", ({ target }) => answered.delete(target))

document.addEventListener("focusout", ({ target }) => {
  const form = formOf(target)
  if (!form || !missed.has(form)) return
  // the focus has not arrived elsewhere yet
  setTimeout(() => !isWorkedOn(form) && missed.delete(form) && form.isConnected && refreshPage())
})

document.addEventListener("submit", (event) => {
  const menu = formOf(event.target)?.closest("details")
  if (!menu) return
  menu.open = false
  menu.querySelector("summary").focus()
})

document.addEventListener("keydown", (event) => {
  const field = event.target
  if (event.key !== "Escape" || !formOf(field) || !field.matches("input, textarea")) return
  field.value = field.defaultValue
  field.blur()
})
