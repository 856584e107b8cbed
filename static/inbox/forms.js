// Forms that answer while they are filled in: a template's text shows its values, a filter asks at once.
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-variable]")) return
  const { variable, label } = event.target.dataset
  for (const mark of document.querySelectorAll(`[data-shows="${CSS.escape(variable)}"]`)) {
    mark.textContent = event.target.value || label
    mark.classList.toggle("is-empty", !event.target.value)
  }
})

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit()
})
