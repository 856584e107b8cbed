// The bot's choices, as buttons under its message; only those of the last message can be pressed.
import { make } from "common/make.js"
import { line } from "webchat/conversation.js"
import { focusPanel, words } from "webchat/page.js"

export function makeChoices(offer) {
  const group = make("div", { class: "w-menu", role: "group", "aria-label": words.options })
  for (const { title, payload } of offer.choices) {
    const button = make("button", { type: "button" }, title)
    button.addEventListener("click", () => {
      line.outbox.send({ text: title, payload: String(payload ?? "") })
      focusPanel()
    })
    group.append(button)
  }
  const element = make("li", {}, group)
  updateChoices(element, offer)
  return element
}

export function updateChoices(element, { isOpen, chosen }) {
  for (const button of element.querySelectorAll("button")) {
    button.disabled = !isOpen
    button.setAttribute("aria-pressed", String(!isOpen && button.textContent === chosen))
  }
}
