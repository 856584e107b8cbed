// The chats that one holds: a strip of tabs or a list, in the order in which they ask for an answer. A row never moves
// under the pointer or the focus; then it waits until both have left.
import { make } from "common/make.js"
import { whenChanged } from "inbox/own-settings.js"
import { whenShown } from "inbox/shown.js"

const LIST_FROM = 6
const STRIP_UNTIL = 4 // so that one chat more or less does not flip the page
let isList
let front = "" // the chat of the pane in use

const keyOf = (row) => BigInt(row.dataset.key)

function arrange() {
  const work = document.getElementById("work")
  if (!work) return
  const rows = [...document.querySelectorAll("#tabs > [id]")]
  const waiting = rows.filter((row) => "waits" in row.dataset).length
  isList ??= work.classList.contains("is-list")
  const { heldAs } = work.dataset
  // nothing turns into something else under the pointer or the focus
  if (!isInUse()) {
    if (heldAs === "always" || (heldAs === "many" && rows.length >= LIST_FROM)) isList = true
    if (heldAs === "never" || (heldAs === "many" && rows.length <= STRIP_UNTIL)) isList = false
  }
  work.classList.toggle("is-list", isList)
  count("waiting", waiting)
  const snoozed = rows.filter((row) => "snoozed" in row.dataset).length
  count("snoozed", snoozed)
  count("answered", rows.length - waiting - snoozed)
  const total = document.querySelector("[data-held]")
  total.textContent = total.dataset.many.replace("%n", rows.length)
  sort()
  showFront()
}

function isInUse() {
  const list = document.getElementById("tabs")
  return list.matches(":hover") || list.contains(document.activeElement)
}

function count(group, number) {
  const head = document.querySelector(`#tabs > [data-group=${group}]`)
  head.hidden = !number
  head.querySelector("b").textContent = number
}

function sort() {
  const list = document.getElementById("tabs")
  if (!list || isInUse()) return
  const rows = [...list.children]
  const sorted = rows.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
  if (rows.every((row, index) => row === sorted[index])) return
  list.append(...sorted)
  front = ""
}

// the one in use is always in view
function showFront() {
  const tab = document.querySelector("#tabs .wa-tab.is-front")
  if (tab && tab.dataset.chat !== front) tab.scrollIntoView({ block: "nearest", inline: "nearest" })
  front = tab?.dataset.chat ?? ""
}

arrange()
whenShown(arrange)
document.addEventListener("focusout", (event) => event.target.closest?.("#tabs") && setTimeout(arrange))
document.addEventListener("pointerout", (event) => event.target.closest?.("#tabs") && setTimeout(arrange))

whenChanged(({ heldAs, heldFolded }) => {
  const work = document.getElementById("work")
  if (!work) return
  work.dataset.heldAs = heldAs
  work.classList.toggle("is-folded", heldFolded)
  const fold = document.getElementById("fold")
  fold.querySelector("button").setAttribute("aria-pressed", heldFolded)
  fold.querySelector("[name=is_held_folded]")?.remove()
  if (!heldFolded) fold.append(make("input", { type: "hidden", name: "is_held_folded", value: "on" }))
  arrange()
})
