// Writing: Enter sends, Escape leaves, Alt+I makes it a note.
document.addEventListener("keydown", (event) => {
  const { form, name } = event.target
  if (name !== "text" || !form?.dataset.composer) return
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault()
    form.requestSubmit()
  }
  if (event.key === "Escape") event.target.blur()
  if (event.altKey && event.code === "KeyI") {
    event.preventDefault()
    form.querySelector("[data-note]").click()
  }
})

document.addEventListener("change", (event) => {
  const { form } = event.target
  if (!form?.dataset.composer || !event.target.matches("[data-note]")) return
  // only notes may be written here: the box stays as it is
  if (event.target.hasAttribute("data-only-notes")) event.target.checked = true
  form.elements.text.focus()
})

// whom a note names: the module comes with the first "@"
document.addEventListener("input", async (event) => {
  const { form, name } = event.target
  if (name !== "text" || !form?.dataset.composer || !form.elements.note?.checked) return
  if (!event.target.value.includes("@")) return
  const { follow } = await import("inbox/mentions.js").catch(() => ({}))
  follow?.(form)
})
