// Enviar a…: search among the trays and agents, by the keyboard too.
import { fold } from "common/fold.js"

const MENU = "details.wa-send"
const ITEMS = ".wa-send-list .dropdown-item"
const STEPS = { ArrowDown: 1, ArrowUp: -1 }

document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.matches?.(MENU) && event.target.open) event.target.querySelector("[data-filter]")?.focus()
  },
  true,
)

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-filter]")) return
  const words = fold(event.target.value).split(/\s+/)
  for (const item of event.target.form.querySelectorAll(ITEMS)) {
    const name = fold(item.textContent)
    item.hidden = !words.every((word) => name.includes(word))
  }
})

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(MENU)
  if (!menu) return
  const items = [...menu.querySelectorAll(`${ITEMS}:not([hidden])`)]
  const step = STEPS[event.key]
  if (event.key === "Enter" && event.target.matches("[data-filter]")) {
    event.preventDefault()
    items[0]?.click()
  } else if (step) {
    event.preventDefault()
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length]?.focus()
  }
})
