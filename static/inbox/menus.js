// Menus that open in place (a <details>): a click beside them or Escape closes them.
const MENUS = "details.wa-send, details.wa-plus, details.wa-listmenu"

// on the window: before whoever opens a dialog from one of them
addEventListener(
  "click",
  (event) => {
    for (const menu of document.querySelectorAll(MENUS)) {
      const isChosen = menu.matches(".wa-plus, .wa-listmenu") && event.target.closest("a")
      if (!menu.open || (!isChosen && menu.contains(event.target))) continue
      // a dialog that is opened from it gives the focus back to what still stands
      if (isChosen && menu.contains(document.activeElement)) menu.querySelector("summary").focus()
      menu.open = false
    }
  },
  true,
)

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.(MENUS)
  if (!menu || !menu.open) return
  menu.open = false
  menu.querySelector("summary").focus()
})
