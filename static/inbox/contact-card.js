// The card of a contact. What a field's form was read from ("was") stays while
// it is worked on, also where the page comes anew: what is sent says what its person had seen. Escape leaves a field as
// it was.
const formOf = (element) => element?.closest?.("[data-card-form]")

function keepRead(form, keeps) {
  form?.querySelector("[name=was], [name=version]")?.toggleAttribute("hx-morph-skip", keeps)
}

for (const name of ["focusin", "input"]) {
  document.addEventListener(name, (event) => keepRead(formOf(event.target), true))
}
for (const name of ["focusout", "change", "submit"]) {
  document.addEventListener(name, (event) => keepRead(formOf(event.target), false))
}

// what is open stays so where the page comes anew, until it is sent
document.addEventListener("htmx:before:morph:node", ({ detail: { oldNode, newNode } }) => {
  if (oldNode.matches?.('[data-screen="contacto"] details[open]')) newNode.setAttribute("open", "")
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
  keepRead(formOf(field), false)
  field.blur()
})

keepRead(formOf(document.activeElement), true)
