// The editor of a bot's menu: what stands in it, what is done to it, and how it is kept and published.
(() => {
  const Model = window.MenuModel
  const { idOf, find } = Model
  const root = document.getElementById("menu-editor")
  const given = JSON.parse(document.getElementById("menu-data").textContent)
  const words = root.querySelector("[data-words]").dataset
  const $ = (name) => root.querySelector(`[data-part="${name}"]`)
  const template = (name) => document.getElementById(`menu-${name}`)
  const UNDOS = 60

  const editor = {
    tree: Model.tree(given.tree), trays: given.trays, limits: given.limits, readonly: given.readonly, words,
    chosen: "", folded: new Set(), problems: [], node, trayName, choose, act, drop, say, remember, changed, post,
  }
  const past = []
  let basis = given.basis
  let standsOn = given.standing
  let saved = JSON.stringify(editor.tree)
  let busy = false

  const tree = window.MenuTree.make($("tree"), template("row"), editor)
  const form = window.MenuForm.make($("form"), { node: template("node"), root: template("root"), question: template("question") }, editor)
  window.MenuDrag.make($("tree"), editor)
  const preview = window.MenuPreview.make($("preview"), editor)

  function node(id = editor.chosen) {
    return find(editor.tree, id).node
  }

  function trayName(id) {
    const tray = editor.trays.find((one) => one.id === id)
    if (!tray) return words.unknown
    return tray.gone ? words.gone.replace("%s", tray.name) : tray.name
  }

  const nameOf = (one) => (idOf(one) ? one.label || words.unnamed : words.home)
  const isDirty = () => !editor.readonly && JSON.stringify(editor.tree) !== saved

  function say(text) {
    // the same words twice are read twice
    $("said").textContent = ""
    setTimeout(() => { $("said").textContent = text }, 50)
  }

  function choose(id) {
    if (id === editor.chosen) return
    editor.chosen = id
    tree.remark()
    form.show()
    tools()
  }

  // a step that can be undone; call it before the change
  function remember() {
    past.push({ tree: JSON.stringify(editor.tree), chosen: editor.chosen })
    if (past.length > UNDOS) past.shift()
  }

  // somebody typed: the row says so, and what was wrong with it has to be asked again
  function changed() {
    editor.problems = editor.problems.filter((problem) => problem.node !== editor.chosen)
    form.blame()
    tree.rewrite(editor.chosen)
    tools()
    standing()
  }

  function redraw(chosen = editor.chosen) {
    editor.chosen = find(editor.tree, chosen) ? chosen : ""
    reveal(editor.chosen)
    tree.draw()
    form.show()
    tools()
    standing()
  }

  function reveal(id) {
    for (let above = find(editor.tree, id).parent; above; above = find(editor.tree, idOf(above)).parent) editor.folded.delete(idOf(above))
  }

  function standing() {
    if (editor.readonly) return
    $("standing").textContent = isDirty() ? words.unsaved : standsOn
    root.classList.toggle("is-dirty", isDirty())
  }

  function tools() {
    if (editor.readonly) return
    const found = find(editor.tree, editor.chosen)
    const size = found.parent?.options.length
    const can = {
      up: found.index > 0, down: found.index < size - 1, in: found.index > 0, out: found.depth > 1, undo: past.length > 0,
      copy: Boolean(found.parent), delete: Boolean(found.parent), add: true,
    }
    for (const button of $("tools").querySelectorAll("[data-does]")) {
      // never disabled: a button that loses the focus under one's fingers sends it nowhere
      button.setAttribute("aria-disabled", !(can[button.dataset.does] && (found.parent || ["add", "undo"].includes(button.dataset.does))))
    }
  }

  // --- what is done to it ----------------------------------------------------------------------

  // `from` "tree": the focus goes on in the tree
  function act(does, id = editor.chosen, from = "") {
    if (does === "look") return look()
    if (does === "edit") return form.focus("")
    if (editor.readonly) return say(words.readonly)
    const found = find(editor.tree, id)
    if (["up", "down", "in", "out", "copy", "delete"].includes(does) && !found.parent) return say(words.root)
    if (does === "undo") undo()
    else if (does === "add") add(found)
    else if (does === "copy") copy(found)
    else if (does === "delete") remove(found)
    else shift(does, found)
    if (from && does !== "add") tree.focus()
  }

  // where the form stands under the tree, it comes into view
  function look() {
    if (matchMedia("(max-width: 899px)").matches) $("form").scrollIntoView({ block: "start", behavior: "smooth" })
  }

  // one step of "Agregar opción": into what is chosen in the tree
  function add({ node: into, parent }) {
    const made = Model.node()
    const lost = into.tray && parent ? trayName(into.tray) : ""
    if (!change(() => Model.insert(editor.tree, idOf(into), into.options.length, made, editor.limits), made.id)) return
    say(fill(lost ? words.added_instead : words.added, { s: nameOf(into), t: lost }))
    form.focus("label")
  }

  function copy({ node: one, parent, index }) {
    const made = Model.copy(one)
    const mark = words.copy_mark
    made.label = `${one.label.slice(0, editor.limits.label - mark.length)}${mark}`
    if (change(() => Model.insert(editor.tree, idOf(parent), index + 1, made, editor.limits), made.id)) say(fill(words.copied, { s: nameOf(one) }))
  }

  function remove({ node: one, parent, index }) {
    const next = parent.options[index + 1] ?? parent.options[index - 1] ?? parent
    const more = Model.count(one) - 1
    change(() => Model.remove(editor.tree, one.id) && "", idOf(next))
    say(fill(more ? words.deleted_more : words.deleted, { s: nameOf(one), n: more }))
  }

  function shift(does, { node: one, parent, index, depth }) {
    const above = find(editor.tree, idOf(parent))
    const before = parent.options[index - 1]
    const to = {
      up: () => index > 0 && [idOf(parent), index - 1],
      down: () => index < parent.options.length - 1 && [idOf(parent), index + 1],
      in: () => before && [before.id, before.options.length],
      out: () => depth > 1 && [idOf(above.parent), above.index + 1],
    }[does]()
    if (!to) return say(words[`no_${does}`])
    drop(one.id, ...to)
  }

  function drop(id, parentId, index) {
    const was = find(editor.tree, id)
    const into = node(parentId)
    const lost = parentId && into.tray && was.parent !== into ? trayName(into.tray) : ""
    if (idOf(was.parent) === parentId && was.index === index) return redraw(id)
    const done = change(() => Model.move(editor.tree, id, parentId, index, editor.limits), id)
    if (!done) return redraw()
    const now = find(editor.tree, id)
    const where = { s: nameOf(now.node), n: now.index + 1, m: now.parent.options.length, p: nameOf(now.parent), t: lost }
    say(fill(lost ? words.moved_instead : words.moved, where))
  }

  function change(apply, chosen) {
    remember()
    const no = apply()
    if (no) {
      past.pop()
      say(words[no])
      notice("warn", words[no])
      return false
    }
    redraw(chosen)
    return true
  }

  function undo() {
    const last = past.pop()
    if (!last) return say(words.no_undo)
    editor.tree = JSON.parse(last.tree)
    redraw(last.chosen)
    say(words.undone)
  }

  const fill = (text, values) => text.replace(/%([a-z])/g, (whole, name) => values[name] ?? whole)

  $("tools")?.addEventListener("click", (event) => {
    const button = event.target.closest("[data-does]")
    if (button) act(button.dataset.does)
  })

  // --- what is said above it -------------------------------------------------------------------

  function notice(kind, text, ...more) {
    const line = Object.assign(document.createElement("div"), { className: `me-notice is-${kind}` })
    line.setAttribute("role", kind === "good" ? "status" : "alert")
    line.append(Object.assign(document.createElement("p"), { textContent: text }), ...more)
    $("notices").replaceChildren(line)
    if (kind !== "good") line.scrollIntoView({ block: "nearest" })
  }

  function button(text, press) {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "me-button", textContent: text })
    made.addEventListener("click", press)
    return made
  }

  // `where` of the server: a node's id, a field of the root, or both with a slash
  function placed({ where, words: said }) {
    const [first, ...rest] = where.split("/")
    const isNode = Boolean(find(editor.tree, first))
    return { node: isNode ? first : "", field: isNode ? rest.join("/") : where, words: said }
  }

  function blame(problems) {
    editor.problems = problems.map(placed)
    tree.draw()
    form.blame()
    const list = Object.assign(document.createElement("ul"), { className: "me-problems" })
    for (const problem of editor.problems) {
      const item = document.createElement("li")
      const link = Object.assign(document.createElement("a"), { href: "#menu-form", textContent: `${nameOf(node(problem.node))}: ${problem.words}` })
      link.addEventListener("click", (event) => {
        event.preventDefault()
        if (!find(editor.tree, problem.node)) return
        redraw(problem.node)
        form.focus(problem.field)
      })
      item.append(link)
      list.append(item)
    }
    return list
  }

  // --- keeping and publishing ------------------------------------------------------------------

  const cookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1)

  // {status, body}: body.words says what went wrong, whatever it was; status 0 without a line
  async function post(name, sent) {
    const token = cookie("csrftoken") ?? root.querySelector("[name=csrfmiddlewaretoken]").value
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token }
    try {
      const response = await fetch(given.urls[name], { method: "POST", headers, body: JSON.stringify(sent) })
      const isOurs = !response.redirected && response.headers.get("Content-Type")?.startsWith("application/json")
      if (isOurs) return { status: response.status, body: await response.json() }
      return { status: response.redirected ? 401 : response.status, body: { words: response.redirected || response.status === 403 ? words.ended : words.failed } }
    } catch {
      return { status: 0, body: { words: words.offline } }
    }
  }

  async function keep(name) {
    if (busy || editor.readonly) return
    busy = true
    const sent = JSON.stringify(editor.tree)
    const { status, body } = await post(name, { tree: JSON.parse(sent), basis })
    busy = false
    if (status === 200) {
      basis = body.basis
      standsOn = body.standing
      saved = sent
      $("versions").innerHTML = body.versions
      standing()
    }
    const problems = body.problems?.length ? [blame(body.problems)] : []
    if (status === 200 && !problems.length) blame([])
    if (status === 409) problems.push(button(words.reload, () => leave(given.urls.page)))
    notice(status === 200 ? "good" : "bad", body.words, ...problems)
  }

  function leave(url) {
    saved = JSON.stringify(editor.tree)
    location.assign(url)
  }

  $("save").addEventListener("click", () => keep("save"))
  $("publish").addEventListener("click", () => keep("publish"))
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault()
      keep("save")
    }
  })

  addEventListener("beforeunload", (event) => {
    if (isDirty()) event.preventDefault()
  })

  const dialog = $("back")
  $("versions").addEventListener("click", (event) => {
    const asked = event.target.closest("[data-back]")
    if (!asked) return
    dialog.querySelector("[data-asked]").textContent = fill(isDirty() ? words.back_unsaved : words.back, { n: asked.dataset.back })
    dialog.dataset.number = asked.dataset.back
    dialog.showModal()
  })
  dialog.addEventListener("close", async () => {
    if (dialog.returnValue !== "yes") return
    dialog.returnValue = ""
    const { status, body } = await post("back", { number: Number(dialog.dataset.number), basis })
    if (status === 200) return leave(given.urls.page)
    const more = body.problems?.length ? [plainList(body.problems)] : []
    if (status === 409) more.push(button(words.reload, () => leave(given.urls.page)))
    notice("bad", body.words, ...more)
  })

  // what is wrong with a version that is not the one shown: no links
  function plainList(problems) {
    const list = Object.assign(document.createElement("ul"), { className: "me-problems" })
    list.append(...problems.map((problem) => Object.assign(document.createElement("li"), { textContent: problem.words })))
    return list
  }

  document.getElementById("menu-plain").hidden = true
  root.hidden = false
  root.classList.toggle("is-readonly", editor.readonly)
  redraw()
  preview.restart()
})()
