// A filtered or sorted list, kept so by what is pushed: a row that no longer fits goes, one that fits comes, in its
// place. The same rules as inbox/row_filters.py.
import { refreshPage } from "inbox/refresh.js"
import { me } from "inbox/words.js"

const AFTER_ALL = 10n ** 17n
const SOON_EVERY_MS = 60_000

const filtered = () => document.querySelector("[data-filtered]")

// what is pushed, as this page's list takes it
export function fitRows(html) {
  const list = filtered()
  if (!list || !html.includes('id="chat-')) return html
  const page = document.createElement("template")
  page.innerHTML = html
  const row = page.content.querySelector("li[id^=chat-]")
  const link = row?.querySelector(".wa-row")
  if (!link?.getAttribute("href").startsWith(list.dataset.filtered)) return html
  const gone = `<hx-partial hx-target="#${row.id}" hx-swap="delete"></hx-partial>`
  const key = keyOf(row, list.dataset.order)
  const there = document.getElementById(row.id)
  if (!fits(row, list) || (!there && isBeyond(key, list))) return there ? gone : ""
  row.dataset.key = key
  if (list.dataset.order === "respuesta" && row.dataset.asked) waitSince(row, Number(row.dataset.asked) / 1000)
  link.setAttribute("href", link.getAttribute("href") + location.search)
  if (there?.dataset.key === row.dataset.key) {
    return `<hx-partial hx-target="#${row.id}" hx-swap="outerMorph">${row.outerHTML}</hx-partial>`
  }
  return `${there ? gone : ""}<hx-upsert hx-target="#${list.id}" key="data-key">${row.outerHTML}</hx-upsert>`
}

// the clock writes the words (static/common/clock.js)
function waitSince(row, milliseconds) {
  const wait = row.querySelector(".wa-wait[data-since]")
  if (wait) wait.dataset.since = new Date(milliseconds).toISOString()
}

function fits(row, list) {
  const { asked, ends, line } = row.dataset
  const { soon } = list.dataset
  if ("mentioning" in list.dataset && !row.dataset.mentions?.split(" ").includes(me)) return false
  if ("unanswered" in list.dataset && !asked) return false
  if (soon && Number(ends) / 1000 > Date.now() + Number(soon) * 1000) return false
  const { tag } = list.dataset
  if (tag && !row.dataset.tags?.split(" ").includes(tag)) return false
  return !list.dataset.line || list.dataset.line === line
}

function keyOf({ dataset: { waits, asked } }, order) {
  if (order === "respuesta") return asked ? BigInt(asked) : AFTER_ALL + BigInt(waits)
  return order === "nuevos" ? AFTER_ALL - BigInt(waits) : BigInt(waits)
}

// on a page that has not been asked for
const isBeyond = (key, list) =>
  "more" in list.dataset && list.lastElementChild && key > BigInt(list.lastElementChild.dataset.key)

// time alone makes some of them end soon
setInterval(() => {
  if (filtered()?.dataset.soon) refreshPage()
}, SOON_EVERY_MS)
