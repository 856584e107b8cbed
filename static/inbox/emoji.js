// The emoji of the composer: those used last come first; the list and its search are loaded when they are first wanted.
import { whenShown } from "inbox/shown.js"

function showButtons() {
  for (const button of document.querySelectorAll("[data-emoji]")) button.hidden = false
}
showButtons()
whenShown(showButtons)

document.addEventListener("click", async (event) => {
  const opener = event.target.closest("[data-emoji]")
  for (const open of document.querySelectorAll(".wa-emoji")) if (!open.contains(event.target)) open.remove()
  if (!opener) return
  const { openPicker } = await import("inbox/emoji-picker.js")
  openPicker(opener)
})
