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

document.addEventListener("keydown", (event) => {
  const field = event.target
  if (event.key !== "Escape" || !formOf(field) || !field.matches("input, textarea")) return
  field.value = field.defaultValue
  keepRead(formOf(field), false)
  field.blur()
})

keepRead(formOf(document.activeElement), true)
