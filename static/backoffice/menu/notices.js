// What is said above the editor, and what is wrong with the tree.
import { make } from "common/make.js"
import { blameFields, focusField } from "backoffice/menu/fields.js"
import { findNode } from "backoffice/menu/model.js"
import { partOf } from "backoffice/menu/page.js"
import { drawTree } from "backoffice/menu/rows.js"
import { redraw } from "backoffice/menu/screen.js"
import { editor, nameOf, nodeOf } from "backoffice/menu/state.js"

// `kind`: "good", "warn", "bad"
export function showNotice(kind, text, ...more) {
  const role = kind === "good" ? "status" : "alert"
  const notice = make("div", { class: `me-notice is-${kind}`, role }, make("p", {}, text), ...more)
  partOf("notices").replaceChildren(notice)
  if (kind !== "good") notice.scrollIntoView({ block: "nearest" })
}

export function makeButton(text, press) {
  const button = make("button", { type: "button", class: "me-button" }, text)
  button.addEventListener("click", press)
  return button
}

// `where` of the server: a node's id, a field of the root, or both with a slash
function placeProblem({ where, words }) {
  const [first, ...rest] = where.split("/")
  const isNode = Boolean(findNode(editor.tree, first))
  return { node: isNode ? first : "", field: isNode ? rest.join("/") : where, words }
}

// Marks them in tree and form; returns them as a list of links.
export function blameTree(problems) {
  editor.problems = problems.map(placeProblem)
  drawTree()
  blameFields()
  return make("ul", { class: "me-problems" }, ...editor.problems.map((problem) => make("li", {}, makeLink(problem))))
}

function makeLink({ node, field, words }) {
  const link = make("a", { href: "#menu-form" }, `${nameOf(nodeOf(node))}: ${words}`)
  link.addEventListener("click", (event) => {
    event.preventDefault()
    if (!findNode(editor.tree, node)) return
    redraw(node)
    focusField(field)
  })
  return link
}

// what is wrong with a version that is not the one shown: no links
export function listProblems(problems) {
  return make("ul", { class: "me-problems" }, ...problems.map(({ words }) => make("li", {}, words)))
}
