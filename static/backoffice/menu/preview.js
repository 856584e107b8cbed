// The menu tried as a customer would: the server answers with the tree as it stands, and stores nothing.
import { make } from "common/make.js"
import { partOf, words } from "backoffice/menu/page.js"
import { postJson } from "backoffice/menu/post.js"
import { editor } from "backoffice/menu/state.js"

const box = partOf("preview")
const log = box.querySelector("[role=log]")
const way = box.querySelector("[data-way]")
const form = box.querySelector("form")
const again = box.querySelector("[data-again]")
const kept = box.querySelector("[data-attributes]")
let state = ""
let tries = 0

// `kind`: "customer", "bot", "over", "trouble"
function addBubble(kind, text) {
  const who = words[kind] ? [make("span", { class: "me-hidden" }, `${words[kind]}: `)] : []
  addToLog(make("p", { class: `me-bubble is-${kind}` }, ...who, text))
}

function addChoices(choices) {
  const makeChoice = ({ id, label }) => make("button", { type: "button", "data-payload": id }, label)
  addToLog(make("div", { class: "me-choices" }, ...choices.map(makeChoice)))
}

function addToLog(element) {
  log.append(element)
  log.scrollTop = log.scrollHeight
}

function restart() {
  tries += 1
  state = ""
  log.replaceChildren()
  way.textContent = words.nowhere
  showAttributes({})
  form.hidden = false
  box.classList.remove("is-over")
}

async function send(text, payload = "") {
  const mine = ++tries
  addBubble("customer", text)
  for (const button of log.querySelectorAll(".me-choices button")) button.disabled = true
  form.elements.text.value = ""
  const isOutside = box.querySelector("[name=outside]").checked
  const { status, body } = await postJson("try", { tree: editor.tree, state, text, payload, outside: isOutside })
  // "start again" was pressed, or something else sent, meanwhile
  if (mine !== tries) return
  if (status === 200) showAnswer(body)
  else addBubble("trouble", body.words)
}

function showAnswer(body) {
  state = body.state
  for (const text of body.texts) addBubble("bot", text)
  if (body.offer.length) addChoices(body.offer)
  way.textContent = [words.home, ...body.path].join(" › ")
  showAttributes(body.attributes)
  if (!body.hand_over) return
  for (const line of body.over) addBubble("over", line)
  form.hidden = true
  box.classList.add("is-over")
  again.focus({ preventScroll: true })
}

function showAttributes(attributes) {
  const pairs = Object.entries(attributes).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])
  kept.replaceChildren(...pairs)
  kept.parentElement.hidden = !pairs.length
}

form.addEventListener("submit", (event) => {
  event.preventDefault()
  const text = form.elements.text.value.trim()
  if (text) send(text)
})
log.addEventListener("click", (event) => {
  const button = event.target.closest("[data-payload]")
  if (!button || button.disabled) return
  send(button.textContent, button.dataset.payload)
  form.elements.text.focus({ preventScroll: true })
})
again.addEventListener("click", () => {
  restart()
  form.elements.text.focus()
})
restart()
