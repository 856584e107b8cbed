// The tree on the page: its rows as WAI-ARIA has them for trees.
import { findNode, idOf } from "backoffice/menu/model.js"
import { partOf, templateOf, words } from "backoffice/menu/page.js"
import { editor, nameOf, nameTrayOf } from "backoffice/menu/state.js"

export const tree = partOf("tree")

export const rowOf = (id) => tree.querySelector(`[data-node="${CSS.escape(id)}"]`)

export function drawTree() {
  tree.replaceChildren(makeRow(editor.tree, 1, 0, 1))
}

function makeRow(node, level, index, size) {
  const id = idOf(node)
  const row = templateOf("row").firstElementChild.cloneNode(true)
  const group = row.querySelector("[role=group]")
  row.dataset.node = group.dataset.of = id
  row.classList.toggle("is-root", !id)
  row.setAttribute("aria-level", level)
  row.setAttribute("aria-setsize", size)
  row.setAttribute("aria-posinset", index + 1)
  const isOpen = !editor.folded.has(id)
  if (node.options.length) row.setAttribute("aria-expanded", isOpen)
  group.hidden = !isOpen
  group.append(...node.options.map((option, place) => makeRow(option, level + 1, place, node.options.length)))
  writeRow(row, node)
  return row
}

function writeRow(row, node) {
  const id = idOf(node)
  const line = row.firstElementChild
  const [label, summary] = [nameOf(node), summarize(node)]
  const isBad = editor.problems.some((problem) => problem.node === id)
  line.querySelector(".me-label").textContent = label
  line.querySelector(".me-what").textContent = summary
  line.classList.toggle("is-unnamed", Boolean(id) && !node.label)
  line.querySelector(".me-bad").hidden = !isBad
  row.setAttribute("aria-label", [label, summary, isBad ? words.bad : ""].filter(Boolean).join(", "))
  for (const button of line.querySelectorAll("[data-does]")) {
    button.setAttribute("aria-label", `${button.title}: ${label}`)
    if (!id && button.dataset.does !== "add") button.remove()
  }
  if (!id) line.querySelector(".me-grip")?.remove()
  markRow(row, id === editor.chosen)
}

function summarize(node) {
  const asked = (node.questions ?? []).filter((question) => question.attribute)
  const said = asked.map((question) => words.asks.replace("%s", question.attribute))
  if (node.options.length) said.push(words.submenu.replace("%n", node.options.length))
  if (node.tray) said.push(`→\u00a0${nameTrayOf(node.tray)}`)
  if (!said.length && idOf(node)) said.push(node.reply ? words.answers : words.returns)
  return said.join(" · ")
}

function markRow(row, isChosen) {
  row.setAttribute("aria-selected", isChosen)
  row.tabIndex = isChosen ? 0 : -1
  for (const button of row.firstElementChild.querySelectorAll("[data-does]")) button.tabIndex = isChosen ? 0 : -1
}

// while somebody types: label and summary
export function rewriteRow(id) {
  const row = rowOf(id)
  if (row) writeRow(row, findNode(editor.tree, id).node)
}

export function remarkRows() {
  for (const row of tree.querySelectorAll("[role=treeitem]")) markRow(row, row.dataset.node === editor.chosen)
}

export function focusRow(id = editor.chosen) {
  rowOf(id)?.focus()
}

// those that are not inside a folded one, in order
export function listVisibleRows() {
  return [...tree.querySelectorAll("[role=treeitem]")].filter((row) => !row.parentElement.closest("[hidden]"))
}
