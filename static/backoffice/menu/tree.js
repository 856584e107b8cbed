// Focus, keys and the mouse in the tree, as WAI-ARIA has them for trees.
import { actOn } from "backoffice/menu/actions.js"
import { focusRow, listVisibleRows, rowOf, tree } from "backoffice/menu/rows.js"
import { chooseNode } from "backoffice/menu/screen.js"
import { editor } from "backoffice/menu/state.js"

const SEARCHED_MS = 800 // between two letters of one search
const MOVES = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "out", ArrowRight: "in" }
const EDITS = { Delete: "delete", Insert: "add" }
let typed = { text: "", at: 0 }

function goTo(id) {
  chooseNode(id)
  focusRow(id)
}

function foldRow(id, isClosed) {
  editor.folded[isClosed ? "add" : "delete"](id)
  // what is chosen must stay in view
  if (isClosed && rowOf(id).querySelector(`[data-node="${CSS.escape(editor.chosen)}"]`)) chooseNode(id)
  const row = rowOf(id)
  row.setAttribute("aria-expanded", !isClosed)
  row.querySelector("[role=group]").hidden = isClosed
}

function actionOf({ key, altKey, ctrlKey, metaKey }) {
  if (altKey) return MOVES[key]
  if (ctrlKey || metaKey) return key.toLowerCase() === "z" ? "undo" : ""
  return EDITS[key]
}

tree.addEventListener("keydown", (event) => {
  const row = event.target
  if (row.getAttribute("role") !== "treeitem") return
  const does = actionOf(event)
  if (does) {
    event.preventDefault()
    return actOn(does, row.dataset.node, "tree")
  }
  if (event.altKey || event.ctrlKey || event.metaKey) return
  if (stepFrom(row, event.key)) event.preventDefault()
})

// true: the key means something here
function stepFrom(row, key) {
  const rows = listVisibleRows()
  const at = rows.indexOf(row)
  const id = row.dataset.node
  const isOpen = row.getAttribute("aria-expanded")
  const to = { ArrowDown: rows[at + 1], ArrowUp: rows[at - 1], Home: rows[0], End: rows.at(-1) }
  if (key in to) {
    if (to[key]) goTo(to[key].dataset.node)
  } else if (key === "ArrowRight") {
    if (isOpen === "false") foldRow(id, false)
    else if (isOpen === "true") goTo(rows[at + 1].dataset.node)
  } else if (key === "ArrowLeft") {
    if (isOpen === "true") foldRow(id, true)
    else if (id) goTo(row.parentElement.dataset.of)
  } else if (key === "Enter" || key === " ") actOn("edit", id)
  else if (key.length === 1) searchRow(key, rows, at)
  else return false
  return true
}

function searchRow(key, rows, at) {
  const now = Date.now()
  typed = { text: (now - typed.at > SEARCHED_MS ? "" : typed.text) + key.toLowerCase(), at: now }
  const from = typed.text.length > 1 ? at : at + 1
  const ordered = [...rows.slice(from), ...rows.slice(0, from)]
  const found = ordered.find((row) => row.getAttribute("aria-label").toLowerCase().startsWith(typed.text))
  if (found) goTo(found.dataset.node)
}

// whatever brings the focus here
tree.addEventListener("focusin", (event) => {
  if (event.target.getAttribute("role") === "treeitem") chooseNode(event.target.dataset.node)
})

tree.addEventListener("click", (event) => {
  const row = event.target.closest("[role=treeitem]")
  if (!row) return
  const id = row.dataset.node
  const button = event.target.closest("[data-does], .me-fold")
  if (!button) {
    goTo(id)
    return actOn("look", id)
  }
  if (button.matches(".me-fold")) return foldRow(id, row.getAttribute("aria-expanded") === "true")
  actOn(button.dataset.does, id, "tree")
})
