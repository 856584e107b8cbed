// What is being edited: the tree, what is chosen in it, what is wrong with it, and the steps that can be undone.
import { findNode, idOf, makeTree } from "backoffice/menu/model.js"
import { given, words } from "backoffice/menu/page.js"

const MAX_UNDOS = 60
export const { trays, limits, readonly: isReadonly } = given
export const editor = {
  tree: makeTree(given.tree),
  chosen: "",
  folded: new Set(), // ids
  problems: [], // {node, field, words}
}
const past = []
let saved = JSON.stringify(editor.tree)

export const nodeOf = (id = editor.chosen) => findNode(editor.tree, id).node
export const nameOf = (node) => (idOf(node) ? node.label || words.unnamed : words.home)
export const nameTray = (tray) => (tray.gone ? words.gone.replace("%s", tray.name) : tray.name)

export function nameTrayOf(id) {
  const tray = trays.find((one) => one.id === id)
  return tray ? nameTray(tray) : words.unknown
}

// a step that can be undone; call it before the change
export function remember() {
  past.push({ tree: JSON.stringify(editor.tree), chosen: editor.chosen })
  if (past.length > MAX_UNDOS) past.shift()
}

export const canUndo = () => past.length > 0
export const takeLastStep = () => past.pop()

export const isDirty = () => !isReadonly && JSON.stringify(editor.tree) !== saved

// `tree`: as it was sent
export function markSaved(tree = JSON.stringify(editor.tree)) {
  saved = tree
}
