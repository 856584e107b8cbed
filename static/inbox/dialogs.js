// Dialogs come by URL; without scripts the same link is a page. No such link is boosted: it would be asked for ahead,
// in a form with what is written there in its address.
const dialog = document.getElementById("dialog")

document.addEventListener(
  "click",
  async (event) => {
    const opener = event.target.closest("a[data-dialog]")
    if (opener && !event.ctrlKey && !event.metaKey) {
      event.preventDefault()
      event.stopImmediatePropagation()
      const swap = { source: dialog, target: dialog, swap: "innerHTML", select: "#template-form, #dialog-form" }
      await htmx.ajax("GET", opener.href, swap)
      if (dialog.open) dialog.querySelector("[aria-current]")?.focus()
      else if (dialog.firstElementChild) dialog.showModal()
      return
    }
    const open = event.target.closest("[data-close-dialog]")?.closest("dialog")
    if (open) {
      event.preventDefault()
      event.stopImmediatePropagation()
      open.close()
    }
    // beside it: the backdrop is the dialog itself
    if (event.target.matches("dialog.modal")) event.target.close()
  },
  true,
)

// what was asked for in a dialog has been done: where it was refused in words, they stand in it
document.addEventListener("htmx:after:request", (event) => {
  const { sourceElement, response } = event.detail.ctx
  const open = sourceElement?.closest?.("dialog[open]")
  if (open && sourceElement.matches("form[method=post]") && response?.status < 400) open.close()
})
