// Tree, form and tools kept to what is edited.
import { blameFields, showForm } from "backoffice/menu/fields.js"
import { findNode, idOf } from "backoffice/menu/model.js"
import { given, partOf, root, words } from "backoffice/menu/page.js"
import { drawTree, remarkRows, rewriteRow } from "backoffice/menu/rows.js"
import { canUndo, editor, isDirty, isReadonly } from "backoffice/menu/state.js"

let standing = given.standing

export function chooseNode(id) {
  if (id === editor.chosen) return
  editor.chosen = id
  remarkRows()
  showForm()
  showTools()
}

// somebody typed: the row says so, and what was wrong with it has to be asked again
export function noteChange() {
  editor.problems = editor.problems.filter((problem) => problem.node !== editor.chosen)
  blameFields()
  rewriteRow(editor.chosen)
  showTools()
  showStanding()
}

export function redraw(chosen = editor.chosen) {
  editor.chosen = findNode(editor.tree, chosen) ? chosen : ""
  unfoldAbove(editor.chosen)
  drawTree()
  showForm()
  showTools()
  showStanding()
}

function unfoldAbove(id) {
  let { parent } = findNode(editor.tree, id)
  while (parent) {
    editor.folded.delete(idOf(parent))
    parent = findNode(editor.tree, idOf(parent)).parent
  }
}

// `text`: what the server says of the draft; without it, as before
export function showStanding(text = standing) {
  standing = text
  if (isReadonly) return
  partOf("standing").textContent = isDirty() ? words.unsaved : standing
  root.classList.toggle("is-dirty", isDirty())
}

function showTools() {
  if (isReadonly) return
  const { parent, index, depth } = findNode(editor.tree, editor.chosen)
  const size = parent?.options.length
  const can = {
    add: true,
    undo: canUndo(),
    up: parent && index > 0,
    down: parent && index < size - 1,
    in: parent && index > 0,
    out: parent && depth > 1,
    copy: parent,
    delete: parent,
  }
  for (const button of partOf("tools").querySelectorAll("[data-does]")) {
    // never disabled: a button that loses the focus under one's fingers sends it nowhere
    button.setAttribute("aria-disabled", !can[button.dataset.does])
  }
}
