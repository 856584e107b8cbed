// What is done to the tree: adding, copying, removing, moving, undoing.
import { focusField } from "backoffice/menu/fields.js"
import * as model from "backoffice/menu/model.js"
import { showNotice } from "backoffice/menu/notices.js"
import { fill, partOf, say, words } from "backoffice/menu/page.js"
import { focusRow } from "backoffice/menu/rows.js"
import { redraw } from "backoffice/menu/screen.js"
import {
  editor,
  isReadonly,
  limits,
  nameOf,
  nameTrayOf,
  nodeOf,
  remember,
  takeLastStep,
} from "backoffice/menu/state.js"

const { findNode, idOf } = model
const NOT_OF_ROOT = ["up", "down", "in", "out", "copy", "delete"]

// `from` "tree": the focus goes on in the tree
export function actOn(does, id = editor.chosen, from = "") {
  if (does === "look") return lookAtForm()
  if (does === "edit") return focusField("")
  if (isReadonly) return say(words.readonly)
  const found = findNode(editor.tree, id)
  if (NOT_OF_ROOT.includes(does) && !found.parent) return say(words.root)
  if (does === "undo") undoStep()
  else if (does === "add") addOption(found)
  else if (does === "copy") copyOption(found)
  else if (does === "delete") removeOption(found)
  else shiftOption(does, found)
  if (from && does !== "add") focusRow()
}

// where the form stands under the tree, it comes into view
function lookAtForm() {
  if (matchMedia("(max-width: 899px)").matches) partOf("form").scrollIntoView({ block: "start", behavior: "smooth" })
}

// one step of "Agregar opción": into what is chosen in the tree
function addOption({ node: into, parent }) {
  const made = model.makeNode()
  const lost = into.tray && parent ? nameTrayOf(into.tray) : ""
  const insert = () => model.insertNode(editor.tree, idOf(into), into.options.length, made, limits)
  if (!changeTree(insert, made.id)) return
  say(fill(lost ? words.added_instead : words.added, { s: nameOf(into), t: lost }))
  focusField("label")
}

function copyOption({ node, parent, index }) {
  const made = model.copyNode(node)
  const mark = words.copy_mark
  made.label = `${node.label.slice(0, limits.label - mark.length)}${mark}`
  const insert = () => model.insertNode(editor.tree, idOf(parent), index + 1, made, limits)
  if (changeTree(insert, made.id)) say(fill(words.copied, { s: nameOf(node) }))
}

function removeOption({ node, parent, index }) {
  const next = parent.options[index + 1] ?? parent.options[index - 1] ?? parent
  const more = model.countNodes(node) - 1
  changeTree(() => model.removeNode(editor.tree, node.id), idOf(next))
  say(fill(more ? words.deleted_more : words.deleted, { s: nameOf(node), n: more }))
}

function shiftOption(does, { node, parent, index, depth }) {
  const above = findNode(editor.tree, idOf(parent))
  const before = parent.options[index - 1]
  const to = {
    up: () => index > 0 && [idOf(parent), index - 1],
    down: () => index < parent.options.length - 1 && [idOf(parent), index + 1],
    in: () => before && [before.id, before.options.length],
    out: () => depth > 1 && [idOf(above.parent), above.index + 1],
  }[does]()
  if (!to) return say(words[`no_${does}`])
  dropOption(node.id, ...to)
}

// `index`: its place among the others
export function dropOption(id, parentId, index) {
  const was = findNode(editor.tree, id)
  const into = nodeOf(parentId)
  const lost = parentId && into.tray && was.parent !== into ? nameTrayOf(into.tray) : ""
  if (idOf(was.parent) === parentId && was.index === index) return redraw(id)
  if (!changeTree(() => model.moveNode(editor.tree, id, parentId, index, limits), id)) return redraw()
  const { node, parent, index: place } = findNode(editor.tree, id)
  const where = { s: nameOf(node), n: place + 1, m: parent.options.length, p: nameOf(parent), t: lost }
  say(fill(lost ? words.moved_instead : words.moved, where))
}

// `apply` returns why not, nothing once it is done
function changeTree(apply, chosen) {
  remember()
  const no = apply()
  if (no) {
    takeLastStep()
    say(words[no])
    showNotice("warn", words[no])
    return false
  }
  redraw(chosen)
  return true
}

function undoStep() {
  const last = takeLastStep()
  if (!last) return say(words.no_undo)
  editor.tree = JSON.parse(last.tree)
  redraw(last.chosen)
  say(words.undone)
}

partOf("tools")?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-does]")
  if (button) actOn(button.dataset.does)
})
