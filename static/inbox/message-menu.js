// The small menu of reactions beside a message; it comes by URL.
import { make } from "common/make.js"

const GAP = 4 // px between the menu and what opens it
const MARGIN = 8 // px to the window's edge
const STEPS = { ArrowLeft: -1, ArrowRight: 1 }
const CLASSES = "dropdown-menu wa-menu-message"
const menu = make("div", { id: "message-menu", class: CLASSES, popover: "auto", role: "dialog" })
document.body.append(menu)

// what it showed is gone with it: nothing stands twice on a page
menu.addEventListener("toggle", (event) => {
  if (event.newState === "closed") menu.replaceChildren()
})

document.addEventListener(
  "click",
  async (event) => {
    const opener = event.target.closest("a[data-menu]")
    if (!opener || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    event.stopImmediatePropagation()
    menu.replaceChildren()
    const swap = { source: menu, target: menu, swap: "innerHTML", select: "#dialog-form" }
    await htmx.ajax("GET", opener.href, swap)
    if (menu.firstElementChild) showMenu(opener)
  },
  true,
)

function showMenu(opener) {
  menu.setAttribute("aria-label", opener.getAttribute("aria-label"))
  menu.showPopover()
  const at = opener.getBoundingClientRect()
  const { width, height } = menu.getBoundingClientRect()
  const left = Math.min(innerWidth - width - MARGIN, at.left + at.width / 2 - width / 2)
  const above = at.top - height - GAP
  menu.style.left = `${Math.max(MARGIN, left)}px`
  menu.style.top = `${above > MARGIN ? above : at.bottom + GAP}px`
  menu.querySelector("button")?.focus()
}

document.addEventListener("htmx:after:request", (event) => {
  const { sourceElement } = event.detail.ctx
  if (menu.contains(sourceElement) && sourceElement !== menu) menu.hidePopover()
})

menu.addEventListener("keydown", (event) => {
  const step = STEPS[event.key]
  if (!step) return
  event.preventDefault()
  const buttons = [...menu.querySelectorAll("button")]
  buttons[(buttons.indexOf(event.target) + step + buttons.length) % buttons.length].focus()
})
