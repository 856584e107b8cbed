// One message of the log.
import { make } from "common/make.js"
import { makeAttachment } from "webchat/attachments.js"
import { linkAddresses } from "webchat/links.js"
import { fill, makeSmallIcon, timeOf, words } from "webchat/page.js"

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
  showProgress(element, item)
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

function showProgress(element, { share, files }) {
  const bar = element.querySelector("progress")
  if (share === undefined) return bar?.remove()
  if (bar) return (bar.value = share)
  const label = fill(words.uploading, { name: files[0]?.name ?? "" })
  element.querySelector("p").before(make("progress", { max: 1, value: share, "aria-label": label }))
}

function makeState({ state }) {
  const icon = STATE_ICONS[state]
  if (!icon) return []
  return [make("span", { class: "w-state" }, makeSmallIcon(icon), make("span", { class: "w-hidden" }, words[state]))]
}
