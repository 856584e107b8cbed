// The form of what is chosen in the tree, as it is shown. What is typed into it: form.js.
import { make } from "common/make.js"
import { idOf, listAttributes } from "backoffice/menu/model.js"
import { partOf, templateOf, words } from "backoffice/menu/page.js"
import { editor, isReadonly, limits, nameTray, nodeOf, trays } from "backoffice/menu/state.js"

export const form = partOf("form")

export function showForm() {
  const node = nodeOf()
  form.replaceChildren(templateOf(idOf(node) ? "node" : "root").cloneNode(true))
  for (const field of form.querySelectorAll("[data-field]")) fillField(field, node)
  if (idOf(node)) fillNode(node)
  showVariables()
  blameFields()
  form.querySelector("fieldset").disabled = isReadonly
}

function fillField(field, node) {
  const name = field.dataset.field
  if (field.tagName === "SELECT") fillTrays(field, node[name])
  else field.value = name === "keywords" ? node.keywords.join(", ") : node[name]
  if (field.maxLength < 0 && limits[name]) field.maxLength = limits[name]
}

// trays in use; one that is named although it is not, so that it is seen and replaced
function fillTrays(select, chosen) {
  for (const tray of trays) if (!tray.gone || tray.id === chosen) select.add(new Option(nameTray(tray), tray.id))
  select.value = chosen ?? ""
  if (select.selectedIndex < 0) select.selectedIndex = 0
}

function fillNode(node) {
  const end = node.tray ? "tray" : node.options.length ? "options" : "back"
  for (const radio of form.querySelectorAll("[name=end]")) {
    radio.checked = radio.value === end
    radio.disabled = node.options.length > 0 && !node.tray && radio.value !== "options"
  }
  form.querySelector("[data-tray]").hidden = end !== "tray"
  const kept = form.querySelector("[data-kept]")
  kept.hidden = !node.options.length
  kept.textContent = words.kept.replace("%n", node.options.length)
  const rows = node.questions.map((question, index) => makeQuestion(question, index, node.questions.length))
  form.querySelector("[data-questions]").append(...rows)
  form.querySelector("[data-asks]").hidden = node.questions.length >= limits.questions
}

function makeQuestion(question, index, size) {
  const row = templateOf("question").firstElementChild.cloneNode(true)
  const title = words.question.replace("%n", index + 1)
  row.dataset.question = index
  row.querySelector("legend").textContent = title
  for (const field of row.querySelectorAll("[data-asked]")) {
    const name = field.dataset.asked
    field.value = question[name]
    if (limits[name] && field.tagName !== "SELECT") field.maxLength = limits[name]
  }
  for (const button of row.querySelectorAll("button")) button.setAttribute("aria-label", `${button.title}: ${title}`)
  row.querySelector("[data-question-does=up]").disabled = !index
  row.querySelector("[data-question-does=down]").disabled = index === size - 1
  return row
}

// what texts may hold: one press puts it where the cursor is
export function showVariables() {
  const line = form.querySelector("[data-variables]")
  const names = ["nombre", ...listAttributes(editor.tree)]
  if (!line || line.dataset.shown === names.join()) return
  line.dataset.shown = names.join()
  const texts = [...new Set(names)].map((name) => `{{${name}}}`)
  line.replaceChildren(
    ...texts.map((text) => make("button", { type: "button", class: "me-variable", "data-puts": text }, text)),
  )
}

// what is wrong with the chosen one, beside its fields
export function blameFields() {
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid")
  for (const fault of form.querySelectorAll(".me-fault")) fault.remove()
  for (const problem of editor.problems.filter(({ node }) => node === editor.chosen)) {
    const field = fieldOf(problem.field)
    const fault = make("span", { class: "me-fault" }, problem.words)
    if (!field || field.closest("[hidden]")) {
      form.querySelector("fieldset").prepend(fault)
      continue
    }
    if (field.tagName !== "BUTTON") field.setAttribute("aria-invalid", "true")
    // inside the label: it is read with the name of the field
    field.closest("label, .me-field").append(fault)
  }
}

// the element of a field as the server names it: "label", "questions/0/text", "tray"
function fieldOf(path) {
  const [name, index, part] = (path || "").split(/[./]/)
  if (name !== "questions") return form.querySelector(`[data-field="${name}"]`)
  const row = index === undefined ? null : form.querySelector(`[data-question="${Number(index)}"]`)
  if (!row) return form.querySelector("[data-asks]")
  return row.querySelector(`[data-asked="${part || "text"}"]`)
}

// "": the first one
export function focusField(path) {
  const field = fieldOf(path) ?? form.querySelector("input, textarea, select")
  field?.focus()
  field?.scrollIntoView({ block: "nearest" })
}
