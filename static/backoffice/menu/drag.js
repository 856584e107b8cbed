// Dragging a row by its grip, with mouse, pen or finger. The upper third of a row is before it, the lower one after
// it, the middle inside it. Nothing moves under the pointer until it is let go.
import { make } from "common/make.js"
import { dropOption } from "backoffice/menu/actions.js"
import { findNode, holdsNode, idOf } from "backoffice/menu/model.js"
import { root } from "backoffice/menu/page.js"
import { rowOf, tree } from "backoffice/menu/rows.js"
import { editor, isReadonly } from "backoffice/menu/state.js"

const CLICK_PX = 4 // less is a click
const EDGE_PX = 48 // from the window's edge: there the page scrolls
const MAX_SCROLL_PX = 12
let held = null

tree.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest(".me-grip")
  if (!grip || event.button || held || isReadonly) return
  const row = grip.closest("[role=treeitem]")
  const at = { x: event.clientX, y: event.clientY }
  held = { grip, row, id: row.dataset.node, pointer: event.pointerId, ...at, from: at, aim: null, ghost: null }
  grip.setPointerCapture(event.pointerId)
})

tree.addEventListener("pointermove", (event) => {
  if (!held || event.pointerId !== held.pointer) return
  Object.assign(held, { x: event.clientX, y: event.clientY })
  if (!held.ghost && Math.hypot(held.x - held.from.x, held.y - held.from.y) < CLICK_PX) return
  if (!held.ghost) beginDrag()
  followPointer()
})

tree.addEventListener("pointerup", (event) => {
  if (!held || event.pointerId !== held.pointer) return
  const { id, aim } = held
  endDrag()
  if (!aim) return
  dropOption(id, aim.parent, aim.index)
  tree.querySelector("[aria-selected=true]").focus({ preventScroll: true })
})
tree.addEventListener("pointercancel", endDrag)
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !held) return
  event.preventDefault()
  endDrag()
})

function beginDrag() {
  held.ghost = make("div", { class: "me-ghost" }, held.row.querySelector(".me-label").textContent)
  root.append(held.ghost)
  held.row.classList.add("is-held")
  tree.classList.add("is-dragging")
  requestAnimationFrame(scrollAtEdge)
}

function endDrag() {
  if (!held) return
  unmarkAim()
  held.ghost?.remove()
  held.row.classList.remove("is-held")
  tree.classList.remove("is-dragging")
  if (held.grip.hasPointerCapture(held.pointer)) held.grip.releasePointerCapture(held.pointer)
  held = null
}

function followPointer() {
  held.ghost.style.transform = `translate(${held.x + 14}px, ${held.y + 10}px)`
  unmarkAim()
  held.aim = aimAt(held.x, held.y)
  held.aim?.line.classList.add(`is-${held.aim.zone}`)
}

const unmarkAim = () => held.aim?.line.classList.remove("is-before", "is-after", "is-inside")

function scrollAtEdge() {
  if (!held?.ghost) return
  const by = held.y < EDGE_PX ? held.y - EDGE_PX : Math.max(0, held.y - innerHeight + EDGE_PX)
  if (by) {
    scrollBy(0, Math.sign(by) * Math.min(MAX_SCROLL_PX, Math.abs(by) / 3))
    followPointer()
  }
  requestAnimationFrame(scrollAtEdge)
}

// where it would go: {line, zone, parent, index}, null where it cannot
function aimAt(x, y) {
  const line = lineAt(y)
  if (!line) return null
  const { top, height } = line.getBoundingClientRect()
  const part = (y - top) / height
  const found = findNode(editor.tree, line.parentElement.dataset.node)
  if (holdsNode(findNode(editor.tree, held.id).node, idOf(found.node))) return null
  const isOpen = found.node.options.length && !editor.folded.has(idOf(found.node))
  if (found.parent && part < 1 / 3) return makeAim(line, "before", found.parent, found.index)
  if (part > 2 / 3 && isOpen) return makeAim(line, "after", found.node, 0)
  if (found.parent && part > 2 / 3) return aimAfter(line, found, x)
  return makeAim(line, "inside", found.node, found.node.options.length)
}

// after the last one of a submenu and left of it: after the submenu
function aimAfter(line, found, x) {
  let [one, above] = [found, line]
  while (isLast(one) && idOf(one.parent) && x < above.getBoundingClientRect().left) {
    one = findNode(editor.tree, idOf(one.parent))
    above = rowOf(idOf(one.node)).firstElementChild
  }
  // the mark is drawn under the row, as far to the left as its level
  return makeAim(one === found ? line : above.parentElement, "after", one.parent, one.index + 1)
}

const isLast = ({ index, parent }) => index === parent.options.length - 1

// `index` among the others, without the one that moves
function makeAim(line, zone, parent, index) {
  const was = findNode(editor.tree, held.id)
  const isAfterItself = was.parent === parent && was.index < index
  return { line, zone, parent: idOf(parent), index: index - (isAfterItself ? 1 : 0) }
}

// the line of the row at this height, however far to the side
function lineAt(y) {
  return [...tree.querySelectorAll(".me-row")].find((line) => {
    const { top, bottom, height } = line.getBoundingClientRect()
    return height && y >= top && y < bottom
  })
}
