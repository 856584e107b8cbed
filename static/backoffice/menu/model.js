// A menu's tree as data: finding, moving, copying. Knows nothing of the page.
// The tree itself is the root: it has options as every node has, and "" is its id.
window.MenuModel = (() => {
  const idOf = (node) => node.id ?? ""

  function node(fields = {}) {
    const { id = fresh(), label = "", keywords = [], reply = "", questions = [], tray = null, options = [] } = fields
    const asked = questions.map(({ attribute = "", text = "", kind = "text" }) => ({ attribute, text, kind }))
    return { id, label, keywords: [...keywords], reply, questions: asked, tray, options: options.map(node) }
  }

  // what an older version lacks is there, empty
  function tree({ greeting = "", misfit = "", farewell = "", fallback_tray = null, options = [] }) {
    return { greeting, misfit, farewell, fallback_tray, options: options.map(node) }
  }

  function fresh() {
    const bytes = crypto.getRandomValues(new Uint8Array(6))
    return `n-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`
  }

  function* walk(from, parent = null, depth = 0, index = 0) {
    yield { node: from, parent, depth, index }
    for (const [place, option] of from.options.entries()) yield* walk(option, from, depth + 1, place)
  }

  // where one is: {node, parent, depth, index}
  function find(root, id) {
    for (const found of walk(root)) if (idOf(found.node) === id) return found
    return null
  }

  const count = (from) => [...walk(from)].length
  const height = (from) => 1 + Math.max(0, ...from.options.map(height))
  const holds = (from, id) => [...walk(from)].some((found) => idOf(found.node) === id)

  // why so many levels and options may not go into this parent; "" if they may
  function refusal(root, parentId, { levels = 1, added = 0, taken = 0 }, limits) {
    const into = find(root, parentId)
    if (into.depth + levels > limits.depth) return "too_deep"
    if (into.node.options.length + (taken || added ? 1 : 0) > limits.options) return "too_many"
    if (added && count(root) - 1 + added > limits.nodes) return "too_many_nodes"
    return ""
  }

  // `index`: its place among the others. Returns why not, "" once it is done
  function move(root, id, parentId, index, limits) {
    const { node: moved, parent } = find(root, id)
    if (holds(moved, parentId)) return "into_itself"
    const stays = idOf(parent) === parentId
    const no = stays ? "" : refusal(root, parentId, { levels: height(moved), taken: 1 }, limits)
    if (no) return no
    parent.options.splice(parent.options.indexOf(moved), 1)
    const into = find(root, parentId).node
    into.options.splice(index, 0, moved)
    if (parentId) into.tray = null
    return ""
  }

  function insert(root, parentId, index, made, limits) {
    const no = refusal(root, parentId, { levels: height(made), added: count(made) }, limits)
    if (no) return no
    const into = find(root, parentId).node
    into.options.splice(index, 0, made)
    if (parentId) into.tray = null
    return ""
  }

  function remove(root, id) {
    const { node: gone, parent } = find(root, id)
    parent.options.splice(parent.options.indexOf(gone), 1)
    return gone
  }

  // the same under new ids
  const copy = (from) => node({ ...from, id: fresh(), options: from.options.map(copy) })

  // what the questions of the tree leave behind
  function attributes(root) {
    const names = [...walk(root)].flatMap(({ node: one }) => (one.questions ?? []).map((question) => question.attribute.trim()))
    return [...new Set(names.filter(Boolean))]
  }

  return { idOf, node, tree, walk, find, holds, count, move, insert, remove, copy, attributes }
})()
