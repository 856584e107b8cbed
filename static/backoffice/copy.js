// Buttons that copy the text of the element they name. Without the clipboard (no https) they stay hidden.
const SAID_FOR = 3_000

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue
  const words = button.textContent
  const status = button.parentElement.querySelector("[role=status]")
  button.hidden = false
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim())
    button.textContent = status.textContent = button.dataset.copied
    setTimeout(() => {
      button.textContent = words
      status.textContent = ""
    }, SAID_FOR)
  })
}
