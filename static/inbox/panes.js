// The pane in use: where one last wrote or pressed.
function activate(pane) {
  for (const one of document.querySelectorAll(".wa-pane")) one.classList.toggle("is-active", one === pane)
}

document.addEventListener("focusin", (event) => {
  const pane = event.target.closest?.(".wa-pane")
  if (pane && !pane.classList.contains("is-active")) activate(pane)
})

document.addEventListener("pointerdown", (event) => {
  const pane = event.target.closest?.(".wa-panes > .wa-pane")
  if (pane) activate(pane)
})
