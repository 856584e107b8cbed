// A list of people with a switch each: a search that shows those whose name has what is typed.
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()

for (const box of document.querySelectorAll(".adm-people-box")) {
  const field = box.querySelector("[data-find-people]")
  const people = [...box.querySelectorAll("li")]
  field.parentElement.hidden = false
  field.addEventListener("input", () => {
    const typed = plain(field.value.trim())
    for (const one of people) one.hidden = !plain(one.querySelector("label").textContent).includes(typed)
    box.querySelector("[data-nobody]").hidden = people.some((one) => !one.hidden)
  })
  // Enter would save the whole form
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault()
  })
}
