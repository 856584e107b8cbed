// A form of the admin: how much of it is not saved yet, leaving it asks, and an error has the focus.
import "backoffice/people.js"
import "backoffice/week.js"

const form = document.querySelector("#content-main > form[method=post]")
const unsaved = form?.querySelector(".adm-unsaved")
const ways = form?.querySelector("[data-discard]")
let isLeaving = false

function isChanged(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue
  const options = [...field.options]
  const first = options.some((option) => option.defaultSelected) ? null : options[0]
  return options.some((option) => option.selected !== (option.defaultSelected || option === first))
}

// a picture among others is one change, and so is each person
const nameOf = (field) => (field.type === "checkbox" ? `${field.name}=${field.value}` : field.name)

function countChanges() {
  const fields = [...form.elements].filter((field) => field.name && !["hidden", "submit"].includes(field.type))
  const changed = fields.filter(isChanged)
  return new Set(changed.map(nameOf)).size
}

function tell() {
  const number = countChanges()
  const words = number === 1 ? unsaved.dataset.one : unsaved.dataset.many.replace("%s", number)
  unsaved.textContent = number ? words : ""
  ways.hidden = !number
}

if (unsaved) {
  form.addEventListener("input", tell)
  form.addEventListener("change", tell)
  tell()
}
if (form) {
  form.addEventListener("submit", () => (isLeaving = true))
  ways?.addEventListener("click", () => (isLeaving = true))
  window.addEventListener("beforeunload", (event) => {
    if (!isLeaving && countChanges()) event.preventDefault()
  })
  form.querySelector(".errors :is(input, select, textarea):not([type=hidden]), [aria-invalid=true]")?.focus()
}
