// Dragging a row by its grip, with mouse, pen or finger. The upper third of a row is before it, the lower one after
// it, the middle inside it. Nothing moves under the pointer until it is let go.
window.MenuDrag = (() => {
  const { idOf, find, holds } = window.MenuModel
  const FAR = 4 // px: less is a click
  const EDGE = 48 // px from the window's edge: there the page scrolls

  // `editor`: {tree, folded, readonly, drop}
  function make(list, editor) {
    let held = null

    list.addEventListener("pointerdown", (event) => {
      const grip = event.target.closest(".me-grip")
      if (!grip || event.button || held || editor.readonly) return
      const made = grip.closest("[role=treeitem]")
      held = { grip, made, id: made.dataset.node, pointer: event.pointerId, x: event.clientX, y: event.clientY, from: { x: event.clientX, y: event.clientY }, aim: null, ghost: null }
      grip.setPointerCapture(event.pointerId)
    })

    list.addEventListener("pointermove", (event) => {
      if (!held || event.pointerId !== held.pointer) return
      Object.assign(held, { x: event.clientX, y: event.clientY })
      if (!held.ghost && Math.hypot(held.x - held.from.x, held.y - held.from.y) < FAR) return
      if (!held.ghost) begin()
      follow()
    })

    list.addEventListener("pointerup", (event) => {
      if (!held || event.pointerId !== held.pointer) return
      const { id, aim } = held
      end()
      if (!aim) return
      editor.drop(id, aim.parent, aim.index)
      list.querySelector("[aria-selected=true]").focus({ preventScroll: true })
    })
    list.addEventListener("pointercancel", end)
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !held) return
      event.preventDefault()
      end()
    })

    function begin() {
      held.ghost = Object.assign(document.createElement("div"), { className: "me-ghost", textContent: held.made.querySelector(".me-label").textContent })
      document.getElementById("menu-editor").append(held.ghost)
      held.made.classList.add("is-held")
      list.classList.add("is-dragging")
      requestAnimationFrame(scroll)
    }

    function end() {
      if (!held) return
      unmark()
      held.ghost?.remove()
      held.made.classList.remove("is-held")
      list.classList.remove("is-dragging")
      if (held.grip.hasPointerCapture(held.pointer)) held.grip.releasePointerCapture(held.pointer)
      held = null
    }

    function follow() {
      held.ghost.style.transform = `translate(${held.x + 14}px, ${held.y + 10}px)`
      unmark()
      held.aim = aimAt(held.x, held.y)
      held.aim?.row.classList.add(`is-${held.aim.zone}`)
    }

    const unmark = () => held.aim?.row.classList.remove("is-before", "is-after", "is-inside")

    function scroll() {
      if (!held?.ghost) return
      const by = held.y < EDGE ? held.y - EDGE : Math.max(0, held.y - innerHeight + EDGE)
      if (by) {
        scrollBy(0, Math.sign(by) * Math.min(12, Math.abs(by) / 3))
        follow()
      }
      requestAnimationFrame(scroll)
    }

    // where it would go: {row, zone, parent, index}, null where it cannot
    function aimAt(x, y) {
      const row = rowAt(y)
      if (!row) return null
      const made = row.parentElement
      const { top, height } = row.getBoundingClientRect()
      const part = (y - top) / height
      const found = find(editor.tree, made.dataset.node)
      if (holds(find(editor.tree, held.id).node, idOf(found.node))) return null
      const isOpen = found.node.options.length && !editor.folded.has(idOf(found.node))
      if (found.parent && part < 1 / 3) return at(row, "before", found.parent, found.index)
      if (part > 2 / 3 && isOpen) return at(row, "after", found.node, 0)
      if (found.parent && part > 2 / 3) return after(row, found, x)
      return at(row, "inside", found.node, found.node.options.length)
    }

    // after the last one of a submenu and left of it: after the submenu
    function after(row, found, x) {
      let [one, line] = [found, row]
      while (one.index === one.parent.options.length - 1 && idOf(one.parent) && x < line.getBoundingClientRect().left) {
        one = find(editor.tree, idOf(one.parent))
        line = list.querySelector(`[data-node="${CSS.escape(idOf(one.node))}"]`).firstElementChild
      }
      // the line is drawn under the row, as far to the left as its level
      return at(one === found ? row : line.parentElement, "after", one.parent, one.index + 1)
    }

    // `index` among the others, without the one that moves
    function at(row, zone, parent, index) {
      const was = find(editor.tree, held.id)
      return { row, zone, parent: idOf(parent), index: index - (was.parent === parent && was.index < index ? 1 : 0) }
    }

    // the row at this height, however far to the side
    function rowAt(y) {
      return [...list.querySelectorAll(".me-row")].find((row) => {
        const { top, bottom, height } = row.getBoundingClientRect()
        return height && y >= top && y < bottom
      })
    }
  }

  return { make }
})()
