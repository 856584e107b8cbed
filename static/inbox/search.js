// Buscar: asks while one types, and brings the message that was opened into view.
import { whenShown } from "inbox/shown.js"

const RESTED_MS = 250
let timer
let shown = ""

document.addEventListener("input", ({ target }) => {
  if (target.id !== "find" || !target.form?.matches("[data-search]")) return
  clearTimeout(timer)
  timer = setTimeout(() => target.isConnected && target.form.requestSubmit(), RESTED_MS)
})

// the dates stand there where they are chosen
document.addEventListener("change", ({ target }) => {
  if (target.dataset.dates) document.getElementById(target.dataset.dates).hidden = target.value !== "rango"
})

function showFound() {
  const opened = document.querySelector("[data-found]")
  const number = opened?.dataset.found ?? ""
  if (number === shown) return
  shown = number
  const message = number && document.getElementById(`m-${number}`)
  if (!message) return
  for (const other of document.querySelectorAll(".wa-msg.is-found")) other.classList.remove("is-found")
  message.classList.add("is-found")
  message.scrollIntoView({ block: "center" })
  document.getElementById(`hit-${number}`)?.scrollIntoView({ block: "nearest" })
}

showFound()
whenShown(showFound)
