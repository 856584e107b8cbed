// Chats chosen in a tray, with the mouse or the keyboard: X chooses the row, Shift+J and Shift+K the next ones too,
// Shift and a click all between, Escape none.
import { whenShown } from "inbox/shown.js"

const boxes = () => [...document.querySelectorAll(".wa-pick input")]
const boxIn = (row) => row?.querySelector(".wa-pick input")
// kept here: a row that is drawn anew knows nothing of it
const chosen = new Set(boxes().flatMap((box) => (box.checked ? [box.value] : [])))
let last = null // the chat that was chosen last: from it on Shift chooses

export const hasPicks = () => chosen.size > 0

export function togglePick(row) {
  const box = boxIn(row)
  if (box) pick([box], !box.checked)
}

export function addPicks(rows) {
  pick(rows.map(boxIn).filter(Boolean), true)
}

function pick(some, isChosen) {
  for (const { value } of some) {
    if (isChosen) chosen.add(value)
    else chosen.delete(value)
    last = value
  }
  showPicks()
}

function showPicks() {
  const all = boxes()
  const there = new Set(all.map(({ value }) => value))
  for (const value of chosen) if (!there.has(value)) chosen.delete(value)
  for (const box of all) box.checked = chosen.has(box.value)
  document.querySelector(".wa-rows")?.classList.toggle("is-picking", hasPicks())
  const words = document.querySelector("[data-picked-count]")
  if (!words || !hasPicks()) return
  const { one, many } = words.dataset
  const text = chosen.size === 1 ? one : many.replace("%n", chosen.size)
  if (words.textContent !== text) words.textContent = text
}

document.addEventListener("click", (event) => {
  const box = event.target.closest?.(".wa-pick input")
  if (!box) return
  const all = boxes()
  const from = all.findIndex(({ value }) => value === last)
  const at = all.indexOf(box)
  const some = event.shiftKey && from >= 0 ? all.slice(Math.min(from, at), Math.max(from, at) + 1) : [box]
  pick(some, box.checked)
})
document.addEventListener("reset", ({ target }) => target.id === "many" && setTimeout(dropPicks))
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open], .wa-listmenu[open]")) return
  if (!event.target.closest?.("input[type=search], textarea")) dropPicks()
})

function dropPicks() {
  chosen.clear()
  showPicks()
}

showPicks()
whenShown(showPicks)
