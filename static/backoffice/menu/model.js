// A menu's tree as data: finding, moving, copying. Knows nothing of the page.
// The tree itself is the root: it has options as every node has, and "" is its id.
export const idOf = (node) => node.id ?? ""

export function makeNode(fields = {}) {
  const { id = makeId(), label = "", keywords = [], reply = "", questions = [], tray = null, options = [] } = fields
  const asked = questions.map(({ attribute = "", text = "", kind = "text" }) => ({ attribute, text, kind }))
  return { id, label, keywords: [...keywords], reply, questions: asked, tray, options: options.map(makeNode) }
}

// what an older version lacks is there, empty
export function makeTree({ greeting = "", misfit = "", farewell = "", fallback_tray = null, options = [] }) {
  return { greeting, misfit, farewell, fallback_tray, options: options.map(makeNode) }
}

function makeId() {
  const bytes = crypto.getRandomValues(new Uint8Array(6))
  return `n-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`
}

function* walk(from, parent = null, depth = 0, index = 0) {
  yield { node: from, parent, depth, index }
  for (const [place, option] of from.options.entries()) yield* walk(option, from, depth + 1, place)
}

// where one is: {node, parent, depth, index}; null: nowhere
export function findNode(root, id) {
  for (const found of walk(root)) if (idOf(found.node) === id) return found
  return null
}

export const countNodes = (from) => [...walk(from)].length
export const holdsNode = (from, id) => [...walk(from)].some((found) => idOf(found.node) === id)
const heightOf = (from) => 1 + Math.max(0, ...from.options.map(heightOf))

// why so many levels and options may not go into this parent; "" if they may
function refuseInto(root, parentId, { levels = 1, added = 0, taken = 0 }, limits) {
  const into = findNode(root, parentId)
  if (into.depth + levels > limits.depth) return "too_deep"
  if (into.node.options.length + (taken || added ? 1 : 0) > limits.options) return "too_many"
  if (added && countNodes(root) - 1 + added > limits.nodes) return "too_many_nodes"
  return ""
}

// `index`: its place among the others. Returns why not, "" once it is done
export function moveNode(root, id, parentId, index, limits) {
  const { node: moved, parent } = findNode(root, id)
  if (holdsNode(moved, parentId)) return "into_itself"
  const stays = idOf(parent) === parentId
  const no = stays ? "" : refuseInto(root, parentId, { levels: heightOf(moved), taken: 1 }, limits)
  if (no) return no
  parent.options.splice(parent.options.indexOf(moved), 1)
  putNode(root, parentId, index, moved)
  return ""
}

export function insertNode(root, parentId, index, made, limits) {
  const no = refuseInto(root, parentId, { levels: heightOf(made), added: countNodes(made) }, limits)
  if (!no) putNode(root, parentId, index, made)
  return no
}

// what has options passes to no tray
function putNode(root, parentId, index, node) {
  const into = findNode(root, parentId).node
  into.options.splice(index, 0, node)
  if (parentId) into.tray = null
}

export function removeNode(root, id) {
  const { node: gone, parent } = findNode(root, id)
  parent.options.splice(parent.options.indexOf(gone), 1)
}

// the same under new ids
export const copyNode = (from) => makeNode({ ...from, id: makeId(), options: from.options.map(copyNode) })

// what the questions of the tree leave behind
export function listAttributes(root) {
  const questions = [...walk(root)].flatMap(({ node }) => node.questions ?? [])
  return [...new Set(questions.map((question) => question.attribute.trim()).filter(Boolean))]
}
