// One message of the log.
import { make } from "common/make.js"
import { makeAttachment } from "webchat/attachments.js"
import { makeSmallIcon, timeOf, words } from "webchat/page.js"

const ADDRESS = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/
const STATE_ICONS = { queued: "clock", sent: "check" }

export function makeBubble(item) {
  const element = make("li", { class: "w-msg" })
  fillBubble(element, item)
  updateBubble(element, item)
  return element
}

const filesOf = ({ files }) => files.map(({ id }) => id ?? "here").join()

function fillBubble(element, item) {
  const said = item.kind === "unsupported" ? words.unsupported : item.text
  const text = make("p", { dir: "auto" }, make("span", { class: "w-text" }, ...linkAddresses(said)))
  if (item.author !== "bot") text.append(" ", make("span", { class: "w-stamp" }))
  element.replaceChildren(...item.files.map(makeAttachment), text)
  element.dataset.files = filesOf(item)
}

export function updateBubble(element, item) {
  if (element.dataset.files !== filesOf(item)) fillBubble(element, item)
  const stamp = element.querySelector(".w-stamp")
  const state = `${item.state} ${item.at}`
  if (!stamp || stamp.dataset.state === state) return
  stamp.dataset.state = state
  element.className = `w-msg${item.author === "me" ? ` is-me is-${item.state}` : ""}`
  const at = new Date(item.at)
  stamp.replaceChildren(make("time", { datetime: at.toISOString() }, timeOf(at)), ...makeState(item))
  element.querySelector(":scope > .w-fail")?.remove()
  if (item.state !== "failed") return
  element.append(make("p", { class: "w-fail" }, makeSmallIcon("alert-circle"), `${words.failed} ${item.reason ?? ""}`))
}

function makeState({ state }) {
  const icon = STATE_ICONS[state]
  if (!icon) return []
  return [make("span", { class: "w-state" }, makeSmallIcon(icon), make("span", { class: "w-hidden" }, words[state]))]
}

// Text with its addresses as links; everything else stays text.
function linkAddresses(text) {
  const rel = "noopener noreferrer nofollow"
  return text
    .split(ADDRESS)
    .map((part, index) => (index % 2 ? make("a", { href: part, target: "_blank", rel }, part) : part))
}
