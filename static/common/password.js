// The button beside a password that shows it.
for (const button of document.querySelectorAll("[data-show-password]")) {
  const input = button.previousElementSibling
  button.hidden = false
  button.addEventListener("click", () => {
    const shown = input.type === "text"
    input.type = shown ? "password" : "text"
    button.setAttribute("aria-pressed", String(!shown))
  })
}
