// What can be done with the chosen chat, read from its own buttons: the palette presses them.
import { make } from "common/make.js"

const HEADS = ".wa-pane.is-active .wa-pane-head, #preview"
const ACTIONS = ".wa-acts, .wa-takebar, .wa-head, .wa-facts"
const BUTTONS = "button:not([disabled]), a[href], summary"
const MAX_ACTIONS = 60

const findHead = () => [...document.querySelectorAll(HEADS)].find((one) => one.checkVisibility())
const chatOf = (head) => (head?.closest(".wa-pane") ?? head)?.dataset.src ?? ""

// which chat is chosen; '' for none
export const chosenChat = () => chatOf(findHead())

// {name: of whom, actions: options that the palette lists}
export function listActions() {
  const head = findHead()
  if (!head) return { name: "", actions: [] }
  const pane = head.closest(".wa-pane") ?? head
  const name = head.querySelector("h2, h3")?.textContent.trim() ?? ""
  const places = [...pane.querySelectorAll(ACTIONS)].flatMap((place) => [...place.querySelectorAll(BUTTONS)])
  // what a narrow pane says once more, in its menu, is listed once
  const said = places.filter((button) => !button.matches(".wa-phone-only"))
  const buttons = [...said, ...pane.querySelectorAll("a[data-chord]")]
  const chosen = [...new Set(buttons)].slice(0, MAX_ACTIONS)
  const actions = chosen.map((button, index) => makeOption(button, index, chatOf(head))).filter(Boolean)
  return { name: actions.length ? name : "", actions }
}

function makeOption(button, index, chat) {
  const label = labelOf(button)
  if (!label) return null
  const keys = button.dataset.chord?.split(" ") ?? [...button.querySelectorAll("kbd")].map((one) => one.textContent)
  const option = make(
    "li",
    { class: "wa-choose", role: "option", id: `go-do-${index}`, "data-kind": "chosen" },
    button.querySelector("svg, .avatar")?.cloneNode(true) ?? "",
    make("span", { class: "wa-choose-name text-truncate" }, label),
    keys.length ? make("span", { class: "wa-choose-keys" }, ...keys.map((key) => make("kbd", {}, key))) : "",
  )
  // the page may have made it another customer's meanwhile
  option.does = () => chosenChat() === chat && button.click()
  return option
}

// as it says itself; what stands in a menu, with what opens it
function labelOf(button) {
  const menu = button.closest("details")
  const own = button.getAttribute("aria-label") ?? wordsOf(button)
  if (!own || !menu || button.matches("summary")) return own
  return `${wordsOf(menu.querySelector("summary")).replace(/…$/, "")} ${own}`
}

function wordsOf(button) {
  const copy = (button.querySelector(".wa-lab") ?? button).cloneNode(true)
  copy.querySelectorAll("kbd, svg, .avatar, .wa-meta").forEach((one) => one.remove())
  return copy.textContent.replace(/\s+/g, " ").trim()
}
