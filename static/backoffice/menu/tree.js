// The tree on the page: rows, and focus and keys as WAI-ARIA has them for trees.
window.MenuTree = (() => {
  const { idOf, find } = window.MenuModel

  // `editor`: {tree, chosen, folded, problems, readonly, words, choose, act, trayName}
  function make(list, row, editor) {
    function draw() {
      list.replaceChildren(item(editor.tree, 1, 0, 1))
    }

    function item(node, level, index, size) {
      const id = idOf(node)
      const made = row.content.firstElementChild.cloneNode(true)
      const group = made.querySelector("[role=group]")
      made.dataset.node = group.dataset.of = id
      made.classList.toggle("is-root", !id)
      for (const [name, value] of [["level", level], ["setsize", size], ["posinset", index + 1]]) made.setAttribute(`aria-${name}`, value)
      const isOpen = !editor.folded.has(id)
      if (node.options.length) made.setAttribute("aria-expanded", isOpen)
      group.hidden = !isOpen
      group.append(...node.options.map((option, place) => item(option, level + 1, place, node.options.length)))
      write(made, node)
      return made
    }

    // label and summary; also called alone while somebody types
    function write(made, node) {
      const id = idOf(node)
      const line = made.firstElementChild
      const label = id ? node.label || editor.words.unnamed : editor.words.home
      const bad = editor.problems.some((problem) => problem.node === id)
      line.querySelector(".me-label").textContent = label
      line.querySelector(".me-what").textContent = what(node)
      line.classList.toggle("is-unnamed", Boolean(id) && !node.label)
      line.querySelector(".me-bad").hidden = !bad
      made.setAttribute("aria-label", [label, what(node), bad ? editor.words.bad : ""].filter(Boolean).join(", "))
      for (const button of line.querySelectorAll("[data-does]")) {
        button.setAttribute("aria-label", `${button.title}: ${label}`)
        if (!id && button.dataset.does !== "add") button.remove()
      }
      if (!id) line.querySelector(".me-grip")?.remove()
      mark(made, id === editor.chosen)
    }

    function what(node) {
      const { words } = editor
      const said = (node.questions ?? []).filter((one) => one.attribute).map((one) => words.asks.replace("%s", one.attribute))
      if (node.options.length) said.push(words.submenu.replace("%n", node.options.length))
      if (node.tray) said.push(`→\u00a0${editor.trayName(node.tray)}`)
      if (!said.length && idOf(node)) said.push(node.reply ? words.answers : words.returns)
      return said.join(" · ")
    }

    function mark(made, isChosen) {
      made.setAttribute("aria-selected", isChosen)
      made.tabIndex = isChosen ? 0 : -1
      for (const button of made.firstElementChild.querySelectorAll("[data-does]")) button.tabIndex = isChosen ? 0 : -1
    }

    const row_of = (id) => list.querySelector(`[data-node="${CSS.escape(id)}"]`)

    function rewrite(id) {
      const made = row_of(id)
      if (made) write(made, find(editor.tree, id).node)
    }

    function remark() {
      for (const made of list.querySelectorAll("[role=treeitem]")) mark(made, made.dataset.node === editor.chosen)
    }

    function focus(id = editor.chosen) {
      row_of(id)?.focus()
    }

    // those that are not inside a folded one, in order
    const visible = () => [...list.querySelectorAll("[role=treeitem]")].filter((made) => !made.parentElement.closest("[hidden]"))

    function go(id) {
      editor.choose(id)
      focus(id)
    }

    function fold(id, close) {
      editor.folded[close ? "add" : "delete"](id)
      // what is chosen must stay in view
      const inside = close && row_of(id).querySelector(`[data-node="${CSS.escape(editor.chosen)}"]`)
      if (inside) editor.choose(id)
      const made = row_of(id)
      made.setAttribute("aria-expanded", !close)
      made.querySelector("[role=group]").hidden = close
    }

    const MOVES = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "out", ArrowRight: "in" }
    let typed = { text: "", at: 0 }

    list.addEventListener("keydown", (event) => {
      const made = event.target
      if (made.getAttribute("role") !== "treeitem") return
      const id = made.dataset.node
      const { key } = event
      const does = event.altKey ? MOVES[key] : event.ctrlKey || event.metaKey ? (key.toLowerCase() === "z" ? "undo" : "") : { Delete: "delete", Insert: "add" }[key]
      if (does) {
        event.preventDefault()
        return editor.act(does, id, "tree")
      }
      if (event.altKey || event.ctrlKey || event.metaKey) return
      if (step(key, made, id)) event.preventDefault()
    })

    function step(key, made, id) {
      const rows = visible()
      const at = rows.indexOf(made)
      const isOpen = made.getAttribute("aria-expanded")
      const to = { ArrowDown: rows[at + 1], ArrowUp: rows[at - 1], Home: rows[0], End: rows.at(-1) }
      if (key in to) to[key] && go(to[key].dataset.node)
      else if (key === "ArrowRight") isOpen === "false" ? fold(id, false) : isOpen === "true" && go(rows[at + 1].dataset.node)
      else if (key === "ArrowLeft") isOpen === "true" ? fold(id, true) : id && go(made.parentElement.dataset.of)
      else if (key === "Enter" || key === " ") editor.act("edit", id)
      else if (key.length === 1) return search(key, rows, at)
      else return false
      return true
    }

    function search(key, rows, at) {
      const now = Date.now()
      typed = { text: (now - typed.at > 800 ? "" : typed.text) + key.toLowerCase(), at: now }
      const from = typed.text.length > 1 ? at : at + 1
      const ordered = [...rows.slice(from), ...rows.slice(0, from)]
      const found = ordered.find((one) => one.getAttribute("aria-label").toLowerCase().startsWith(typed.text))
      if (found) go(found.dataset.node)
      return true
    }

    // whatever brings the focus here
    list.addEventListener("focusin", (event) => {
      if (event.target.getAttribute("role") === "treeitem") editor.choose(event.target.dataset.node)
    })

    list.addEventListener("click", (event) => {
      const made = event.target.closest("[role=treeitem]")
      if (!made) return
      const id = made.dataset.node
      const button = event.target.closest("[data-does], .me-fold")
      if (!button) {
        go(id)
        return editor.act("look", id)
      }
      if (button.classList.contains("me-fold")) return fold(id, made.getAttribute("aria-expanded") === "true")
      editor.act(button.dataset.does, id, "tree")
    })

    return { draw, rewrite, remark, focus, go, fold }
  }

  return { make }
})()
