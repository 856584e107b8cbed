// What is typed into the form goes into the tree at once.
import { actOn } from "backoffice/menu/actions.js"
import { focusField, form, showForm, showVariables } from "backoffice/menu/fields.js"
import { idOf } from "backoffice/menu/model.js"
import { say, words } from "backoffice/menu/page.js"
import { noteChange } from "backoffice/menu/screen.js"
import { nodeOf, remember, trays } from "backoffice/menu/state.js"

// one step to undo for each stay in a field
let touched = null
form.addEventListener("focusin", () => {
  touched = null
})

form.addEventListener("input", (event) => {
  const field = event.target
  if (field.name === "end") return
  if (touched !== field) remember()
  touched = field
  const node = nodeOf()
  const row = field.closest("[data-question]")
  if (row) node.questions[row.dataset.question][field.dataset.asked] = field.value
  else node[field.dataset.field] = valueOf(field)
  showVariables()
  noteChange()
})

function valueOf(field) {
  if (field.tagName === "SELECT") return Number(field.value) || null
  if (field.dataset.field !== "keywords") return field.value
  const keywords = field.value.split(",").map((word) => word.trim())
  return keywords.filter(Boolean)
}

// how an option ends: with its options, in a tray, or back in the menu
form.addEventListener("change", (event) => {
  if (event.target.name !== "end") return
  const node = nodeOf()
  const end = event.target.value
  if (end === "options" && !node.options.length) return actOn("add", idOf(node))
  remember()
  node.tray = end === "tray" ? (trays.find((tray) => !tray.gone)?.id ?? null) : null
  noteChange()
  showForm()
  form.querySelector(`[name=end][value=${end}]`).focus()
})

form.addEventListener("click", (event) => {
  const button = event.target.closest("button")
  if (!button) return
  if (button.dataset.puts) return putText(button.dataset.puts)
  if (button.matches("[data-asks]")) return addQuestion()
  const does = button.dataset.questionDoes
  if (does) changeQuestion(does, Number(button.closest("[data-question]").dataset.question))
})

function addQuestion() {
  changeQuestions((list) => list.push({ attribute: "", text: "", kind: "text" }) - 1)
}

function changeQuestion(does, index) {
  changeQuestions((list) => {
    const [moved] = list.splice(index, 1)
    if (does === "delete") return Math.min(index, list.length - 1)
    const to = does === "up" ? index - 1 : index + 1
    list.splice(to, 0, moved)
    return to
  })
  say(does === "delete" ? words.asked_less : words.asked_moved)
}

// `change` returns which question is to have the focus
function changeQuestions(change) {
  remember()
  const at = change(nodeOf().questions)
  noteChange()
  showForm()
  if (at >= 0) focusField(`questions/${at}/text`)
  else form.querySelector("[data-asks]").focus()
}

let lastArea = null
form.addEventListener("focusout", (event) => {
  if (event.target.matches("textarea")) lastArea = event.target
})

// where the cursor was
function putText(text) {
  const area = lastArea?.isConnected ? lastArea : form.querySelector("textarea")
  area.focus()
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end")
  area.dispatchEvent(new Event("input", { bubbles: true }))
}
