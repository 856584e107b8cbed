// What the customer writes: text, files and the other kinds; answers and edits of what stands.
import { page, whenChosen } from "./chosen.js"
import { byId, make, words } from "./dom.js"
import { textOf } from "./entry.js"
import { ask, attempt } from "./requests.js"

const KINDS = "image voice video document sticker location contact referral unsupported file".split(" ")
let quoted = null
let edited = null
let afterwards = async () => {}

export function whenWritten(work) {
  afterwards = work
}

export async function write(what) {
  await ask("POST", `customers/${page.who}/write`, { wait: false, ...what })
  await afterwards()
}

// null: nothing is answered
export function quote(entry) {
  quoted = entry
  edited = null
  byId("quoting").hidden = !entry
  if (entry) showAbove(words.reply, textOf(entry) || entry.kind)
}

export function edit(entry) {
  quote(null)
  edited = entry
  byId("quoting").hidden = false
  byId("text").value = entry.text
  showAbove(words.edit, entry.text)
}

function showAbove(what, text) {
  byId("quoting").firstChild.textContent = `${what}: ${text}`
  byId("text").focus()
}

byId("quoting").lastChild.onclick = () => {
  if (edited) byId("text").value = ""
  quote(null)
}

byId("composer").onsubmit = attempt(async () => {
  const text = byId("text").value.trim()
  if (!text) return
  await write(edited ? { kind: "edit", target: edited.id, text } : { text, reply_to: quoted?.id || "" })
  byId("text").value = ""
  quote(null)
})

byId("text").onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return
  event.preventDefault()
  byId("composer").requestSubmit()
}

async function writeKind(kind) {
  byId("more").open = false
  if (kind === "file") return byId("file").click()
  const text = byId("text").value.trim()
  await write(kind === "referral" ? { text: text || words.referral, referral: true } : { kind, text })
  byId("text").value = ""
}

const makeKind = (kind) =>
  make("button", { type: "button", textContent: words[kind], onclick: attempt(() => writeKind(kind)) })
byId("kinds").append(...KINDS.map(makeKind))

byId("file").onchange = attempt(async () => {
  const file = byId("file").files[0]
  if (!file) return
  const url = await readUrl(file)
  const family = file.type.split("/")[0]
  const kind = ["image", "audio", "video"].includes(family) ? family : "document"
  const text = byId("text").value.trim()
  await write({ kind, data: url.split(",")[1] || "", mime: file.type, name: file.name, text })
  byId("text").value = byId("file").value = ""
})

function readUrl(file) {
  return new Promise((done, fail) => {
    const reader = new FileReader()
    reader.onload = () => done(reader.result)
    reader.onerror = () => fail(reader.error)
    reader.readAsDataURL(file)
  })
}

whenChosen(() => quote(null))
