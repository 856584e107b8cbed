// Writing: text, and the files that go with it.
import { bringsFiles, droppedFiles, pastedFiles } from "common/dropped.js"
import { make } from "common/make.js"
import { line } from "webchat/conversation.js"
import { key, makeSmallIcon, maxBytes, sayIn, sizeOf, words } from "webchat/page.js"

const MAX_FILES = 20
const DRAFT = `witty.${key}.draft`
const form = document.forms.write
const text = document.getElementById("text")
const input = document.getElementById("file")
const chips = document.getElementById("chip")
let files = []

function reasonAgainst(file) {
  if (file.size > maxBytes) return words.large
  return file.size ? "" : words.empty
}

// what is too large is said, and the others go
function addFiles(added) {
  const reasons = []
  for (const file of added) {
    const reason = files.length >= MAX_FILES ? words.tooMany : reasonAgainst(file)
    if (reason) reasons.push(added.length > 1 ? `${file.name}: ${reason}` : reason)
    else files.push(file)
  }
  input.value = ""
  sayIn("trouble", reasons.join(" "))
  showFiles()
  text.focus()
}

function showFiles() {
  chips.hidden = !files.length
  chips.replaceChildren(...files.map(makeChip))
}

function makeChip(file) {
  const label = `${words.remove}: ${file.name}`
  const remove = make("button", { type: "button", "aria-label": label, title: words.remove }, makeSmallIcon("x"))
  remove.addEventListener("click", () => {
    files = files.filter((one) => one !== file)
    showFiles()
    text.focus()
  })
  const name = make("bdi", {}, `${file.name} · ${sizeOf(file.size)}`)
  return make("li", { class: "w-chip" }, makeSmallIcon("paperclip"), make("span", {}, name), remove)
}

document.getElementById("attach").addEventListener("click", () => input.click())
input.addEventListener("change", () => addFiles([...input.files]))

text.addEventListener("paste", (event) => {
  const pasted = pastedFiles(event)
  if (!pasted.length) return
  event.preventDefault()
  addFiles(pasted)
})

// anywhere in the panel: beside it the browser would show the file instead of the chat
document.addEventListener("dragover", (event) => bringsFiles(event) && event.preventDefault())
document.addEventListener("drop", (event) => {
  if (!bringsFiles(event)) return
  event.preventDefault()
  if (!line.isGone) addFiles(droppedFiles(event))
})

// a site that replaces its body makes this page begin again, in the same tab
function keepDraft() {
  try {
    sessionStorage.setItem(DRAFT, text.value)
  } catch {
    /* a browser that lets us keep nothing */
  }
}

function restoreDraft() {
  try {
    text.value ||= sessionStorage.getItem(DRAFT) ?? ""
  } catch {
    /* the same */
  }
}

text.addEventListener("input", keepDraft)
text.addEventListener("input", () => text.value.trim() && line.socket.tellTyping())
restoreDraft()

// each file is a message of its own, in order; the text goes with the first, but the first message of all is words
function splitMessages(said) {
  const isApart = !files.length || !line.hasWritten
  const withFiles = files.map((file, index) => ({ text: isApart || index ? "" : said, file }))
  return isApart ? [{ text: said }, ...withFiles] : withFiles
}

form.addEventListener("submit", (event) => {
  event.preventDefault()
  const said = text.value.trim()
  if (files.length && !said && !line.hasWritten) {
    sayIn("trouble", words.first)
  } else if (files.length || said) {
    for (const item of splitMessages(said)) line.outbox.send(item)
    text.value = ""
    keepDraft()
    files = []
    sayIn("trouble", "")
    showFiles()
  }
  text.focus()
})

// what is written before somebody listens would be lost
form.inert = false
