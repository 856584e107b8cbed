// With the finger: a long press on a row chooses it, and while any is chosen a tap chooses the others.
import { hasPicks, togglePick } from "inbox/picks.js"

const PRESSED_MS = 500
const STILL_PX = 10
let press = null // {row, x, y, timer}; `isDone`: it has chosen its row, the click that follows opens nothing

const rowOf = (event) => event.target.closest?.(".wa-row")?.closest(".wa-rows > li:has(.wa-pick)")

function end() {
  clearTimeout(press?.timer)
}

function choose() {
  if (press.isDone) return
  end()
  press.isDone = true
  togglePick(press.row)
  navigator.vibrate?.(10)
}

document.addEventListener("pointerdown", (event) => {
  end()
  const row = event.pointerType === "touch" && event.isPrimary && rowOf(event)
  press = row ? { row, x: event.clientX, y: event.clientY, timer: setTimeout(choose, PRESSED_MS) } : null
})
document.addEventListener("pointermove", ({ clientX, clientY }) => {
  if (press && Math.hypot(clientX - press.x, clientY - press.y) > STILL_PX) end()
})
for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, end)

// the browser's own menu of a link comes with the same press
document.addEventListener("contextmenu", (event) => {
  if (!press || rowOf(event) !== press.row) return
  event.preventDefault()
  choose()
})

document.addEventListener(
  "click",
  (event) => {
    const row = press && rowOf(event)
    // what acts on many has made room for itself: where the finger leaves, another row may stand by now
    if (!row || !(press.isDone || (row === press.row && hasPicks()))) return
    event.preventDefault()
    event.stopPropagation()
    if (!press.isDone) togglePick(row)
    press = null
  },
  true,
)
