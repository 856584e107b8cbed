// The form of what is chosen in the tree. Each change goes into the tree at once.
window.MenuForm = (() => {
  const { idOf, attributes } = window.MenuModel

  // `editor`: {tree, chosen, problems, readonly, words, limits, trays, node, remember, changed, act}
  function make(box, templates, editor) {
    const has = (field) => box.querySelector(`[data-field="${field}"]`)

    function show() {
      const node = editor.node()
      const form = templates[idOf(node) ? "node" : "root"].content.cloneNode(true)
      box.replaceChildren(form)
      for (const field of box.querySelectorAll("[data-field]")) fill(field, node)
      if (idOf(node)) fillNode(node)
      variables()
      blame()
      box.querySelector("fieldset").disabled = editor.readonly
    }

    function fill(field, node) {
      const name = field.dataset.field
      if (field.tagName === "SELECT") destinations(field, node[name])
      else field.value = name === "keywords" ? node.keywords.join(", ") : node[name]
      if (field.maxLength < 0 && editor.limits[name]) field.maxLength = editor.limits[name]
    }

    // trays in use; one that is named although it is not, so that it is seen and replaced
    function destinations(select, chosen) {
      for (const tray of editor.trays) {
        if (tray.gone && tray.id !== chosen) continue
        select.add(new Option(tray.gone ? editor.words.gone.replace("%s", tray.name) : tray.name, tray.id))
      }
      select.value = chosen ?? ""
      if (select.selectedIndex < 0) select.selectedIndex = 0
    }

    function fillNode(node) {
      const end = node.tray ? "tray" : node.options.length ? "options" : "back"
      for (const radio of box.querySelectorAll("[name=end]")) {
        radio.checked = radio.value === end
        radio.disabled = node.options.length > 0 && !node.tray && radio.value !== "options"
      }
      box.querySelector("[data-tray]").hidden = end !== "tray"
      const kept = box.querySelector("[data-kept]")
      kept.hidden = !node.options.length
      kept.textContent = editor.words.kept.replace("%n", node.options.length)
      for (const [index, question] of node.questions.entries()) ask(question, index, node.questions.length)
      box.querySelector("[data-asks]").hidden = node.questions.length >= editor.limits.questions
    }

    function ask(question, index, size) {
      const row = templates.question.content.firstElementChild.cloneNode(true)
      row.dataset.question = index
      row.querySelector("legend").textContent = editor.words.question.replace("%n", index + 1)
      for (const field of row.querySelectorAll("[data-asked]")) {
        field.value = question[field.dataset.asked]
        if (editor.limits[field.dataset.asked] && field.tagName !== "SELECT") field.maxLength = editor.limits[field.dataset.asked]
      }
      for (const button of row.querySelectorAll("button")) button.setAttribute("aria-label", `${button.title}: ${row.querySelector("legend").textContent}`)
      row.querySelector("[data-question-does=up]").disabled = !index
      row.querySelector("[data-question-does=down]").disabled = index === size - 1
      box.querySelector("[data-questions]").append(row)
    }

    // what texts may hold: one press puts it where the cursor is
    function variables() {
      const line = box.querySelector("[data-variables]")
      const names = ["nombre", ...attributes(editor.tree)]
      if (!line || line.dataset.shown === names.join()) return
      line.dataset.shown = names.join()
      line.replaceChildren(...[...new Set(names)].map((name) => {
        const text = `{{${name}}}`
        const button = Object.assign(document.createElement("button"), { type: "button", className: "me-variable", textContent: text })
        button.dataset.puts = text
        return button
      }))
    }

    function blame() {
      for (const field of box.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid")
      for (const words of box.querySelectorAll(".me-fault")) words.remove()
      const mine = editor.problems.filter((problem) => problem.node === editor.chosen)
      for (const problem of mine) {
        const field = named(problem.field)
        const words = Object.assign(document.createElement("span"), { className: "me-fault", textContent: problem.words })
        if (!field || field.closest("[hidden]")) {
          box.querySelector("fieldset").prepend(words)
          continue
        }
        if (field.tagName !== "BUTTON") field.setAttribute("aria-invalid", "true")
        // inside the label: it is read with the name of the field
        field.closest("label, .me-field").append(words)
      }
    }

    // the element of a field as the server names it: "label", "questions/0/text", "tray"
    function named(field) {
      const [name, index, part] = (field || "").split(/[./]/)
      if (name !== "questions") return has(name)
      const row = index === undefined ? null : box.querySelector(`[data-question="${Number(index)}"]`)
      if (!row) return box.querySelector("[data-asks]")
      return row.querySelector(`[data-asked="${part || "text"}"]`)
    }

    function focus(field) {
      const found = named(field) ?? box.querySelector("input, textarea, select")
      found?.focus()
      found?.scrollIntoView({ block: "nearest" })
    }

    // one step to undo for each stay in a field
    let touched = null
    box.addEventListener("focusin", () => { touched = null })

    box.addEventListener("input", (event) => {
      const field = event.target
      if (field.name === "end") return
      if (touched !== field) editor.remember()
      touched = field
      const node = editor.node()
      const row = field.closest("[data-question]")
      if (row) node.questions[row.dataset.question][field.dataset.asked] = field.value
      else node[field.dataset.field] = valueOf(field)
      variables()
      editor.changed()
    })

    function valueOf(field) {
      if (field.tagName === "SELECT") return Number(field.value) || null
      if (field.dataset.field === "keywords") return field.value.split(",").map((word) => word.trim()).filter(Boolean)
      return field.value
    }

    box.addEventListener("change", (event) => {
      if (event.target.name !== "end") return
      const node = editor.node()
      const end = event.target.value
      if (end === "options" && !node.options.length) return editor.act("add", idOf(node))
      editor.remember()
      node.tray = end === "tray" ? editor.trays.find((tray) => !tray.gone)?.id ?? null : null
      editor.changed()
      show()
      box.querySelector(`[name=end][value=${end}]`).focus()
    })

    box.addEventListener("click", (event) => {
      const button = event.target.closest("button")
      if (!button) return
      if (button.dataset.puts) return put(button.dataset.puts)
      if (button.matches("[data-asks]")) return questions((list) => list.push({ attribute: "", text: "", kind: "text" }) - 1)
      const does = button.dataset.questionDoes
      if (!does) return
      const index = Number(button.closest("[data-question]").dataset.question)
      questions((list) => {
        const [moved] = list.splice(index, 1)
        if (does === "delete") return Math.min(index, list.length - 1)
        const to = does === "up" ? index - 1 : index + 1
        list.splice(to, 0, moved)
        return to
      })
      editor.say(does === "delete" ? editor.words.asked_less : editor.words.asked_moved)
    })

    // `change` returns which question is to have the focus
    function questions(change) {
      editor.remember()
      const at = change(editor.node().questions)
      editor.changed()
      show()
      at >= 0 ? focus(`questions/${at}/text`) : box.querySelector("[data-asks]").focus()
    }

    let writes = null
    box.addEventListener("focusout", (event) => {
      if (event.target.matches("textarea")) writes = event.target
    })

    function put(text) {
      const area = writes?.isConnected ? writes : box.querySelector("textarea")
      area.focus()
      area.setRangeText(text, area.selectionStart, area.selectionEnd, "end")
      area.dispatchEvent(new Event("input", { bubbles: true }))
    }

    return { show, focus, blame, variables }
  }

  return { make }
})()
