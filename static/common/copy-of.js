// Buttons that copy the text of the element they name, also on pages that come later.
const SAID_FOR = 3_000
const KEYS = navigator.platform.startsWith("Mac") ? "⌘C" : "Ctrl+C"
const words = new WeakMap()

async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.textContent.trim())
    return true
  } catch {
    // no https, or refused: the old way, and the text stands chosen in any case
    getSelection().selectAllChildren(source)
    return document.execCommand("copy")
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-of]")
  if (!button) return
  const isCopied = await copy(document.getElementById(button.dataset.copyOf))
  const said = isCopied ? button.dataset.copied : button.dataset.chosen.replace("{keys}", KEYS)
  if (!words.has(button)) words.set(button, button.textContent)
  button.textContent = document.getElementById("announce").textContent = said
  setTimeout(() => (button.textContent = words.get(button)), SAID_FOR)
})
