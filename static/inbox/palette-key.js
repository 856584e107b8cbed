// What opens the palette: Ctrl+K wherever one is, and its buttons.
async function open() {
  const { openPalette } = await import("inbox/palette.js").catch(() => ({}))
  openPalette?.()
}

document.addEventListener("keydown", (event) => {
  if (event.code !== "KeyK" || event.altKey || event.shiftKey || !(event.ctrlKey || event.metaKey)) return
  event.preventDefault()
  open()
})

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-palette]")
  if (!opener || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  open()
})
