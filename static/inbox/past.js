// Older messages, and what stands elsewhere in a thread: asked for, and put in its place among what is shown. Where
// messages between are missing, a line says so and leads on.
import { holdPlace, isWanted } from "inbox/anchors.js"

const WITHIN_MS = 30_000

export async function goTo(element) {
  const url = addressOf(element)
  const number = url.pathname.match(/\/chats\/(\d+)\/messages\//)[1]
  const list = document.getElementById(`log-${number}`)
  if (!list) return location.assign(url)
  const quoted = document.getElementById(`m-${url.searchParams.get("cerca")}`)
  if (quoted && list.contains(quoted) && !element.closest(".wa-gap")) return show(quoted)
  const unread = url.searchParams.has("noleido") && document.getElementById(`unread-${number}`)
  if (unread) return show(unread)
  const ahead = element.closest(".wa-gap, .wa-older")
  const before = ahead?.previousElementSibling
  const around = await bring(list, url)
  if (!ahead) show(document.getElementById(`m-${around}`))
  // the link that was pressed is gone: reading goes on where it led
  else if (!element.isConnected)
    takeFocus(before ?? document.querySelector(`#older-${number} a`) ?? list.firstElementChild)
}

function takeFocus(heir) {
  if (!heir.matches("a")) heir.tabIndex = -1
  heir.focus({ preventScroll: true })
}

function addressOf(element) {
  if (!element.elements) return new URL(element.href)
  const url = new URL(element.action)
  url.search = new URLSearchParams(new FormData(element))
  return url
}

function show(line) {
  if (!line) return
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close()
  for (const other of document.querySelectorAll(".wa-msg.is-found")) other.classList.remove("is-found")
  line.classList.add("is-found")
  line.scrollIntoView({ block: "center" })
  line.tabIndex = -1
  line.focus({ preventScroll: true })
}

const asking = new Map() // list → what is asked for it, to its end
export const isAsking = (list) => asking.has(list.id)

// the number of the message that it was asked around; undefined where there is none
export async function bring(list, url) {
  // what the agent asks for while older ones come by themselves comes after them
  while (isAsking(list)) await asking.get(list.id).catch(() => {})
  const coming = bringNow(list, url).finally(() => asking.delete(list.id))
  asking.set(list.id, coming)
  return coming
}

async function bringNow(list, url) {
  const part = await ask(url)
  if (part) holdPlace(list.closest(".wa-log"), () => merge(list, part))
  return part?.dataset.around
}

export async function ask(url) {
  const headers = { "HX-Request": "true" }
  const answer = await fetch(url, { headers, credentials: "same-origin", signal: AbortSignal.timeout(WITHIN_MS) })
  if (!answer.ok) throw new Error(answer.statusText)
  return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-part]")
}

// what is not stored yet stands behind all that is (pending.js)
const keyOf = (line) => (line.dataset.key ? BigInt(line.dataset.key) : 10n ** 40n)

// each line before the first one that stands later; what is there already stays as it is
export function merge(list, part) {
  const root = list.getRootNode()
  const lines = [...part.querySelectorAll("ol > li")]
  const last = lines.findLast((line) => isWanted(line))
  const reachesOn = !last || has(root, list, last)
  let place = list.firstElementChild
  const added = []
  for (const line of lines) {
    if (has(root, list, line) || (line.classList.contains("wa-gap") && reachesOn)) continue
    while (place && keyOf(place) <= keyOf(line)) place = place.nextElementSibling
    list.insertBefore(line, place)
    added.push(line)
  }
  const ids = lines.map((line) => line.id)
  for (const gap of list.querySelectorAll(".wa-gap")) if (isClosed(gap, ids)) gap.remove()
  const first = [...list.children].find((line) => isWanted(line))
  const older = list.parentElement.querySelector(".wa-older")
  if (older && added.includes(first)) older.replaceWith(part.querySelector(".wa-older"))
}

const has = (root, list, line) => list.contains(root.getElementById(line.id))

// what follows the line that it stands behind has come
function isClosed(gap, ids) {
  const at = ids.indexOf(gap.id.replace(/^gap-\d+-/, "m-"))
  return at >= 0 && ids.slice(at + 1).some((id) => id.startsWith("m-"))
}
