// Buttons that copy the text of the element they name, also on pages that come later.
const SAID_FOR = 3_000

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-of]")
  if (!button) return
  const source = document.getElementById(button.dataset.copyOf)
  try {
    await navigator.clipboard.writeText(source.textContent.trim())
  } catch {
    // no https, or refused: it stands chosen, for the person to copy
    getSelection().selectAllChildren(source)
    return
  }
  const words = button.textContent
  button.textContent = button.dataset.copied
  document.getElementById("announce").textContent = button.dataset.copied
  setTimeout(() => (button.textContent = words), SAID_FOR)
})
