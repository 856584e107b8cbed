// Writing: text, and one file with it.
import { line } from "webchat/conversation.js"
import { key, maxBytes, sayIn, sizeOf, words } from "webchat/page.js"

const DRAFT = `witty.${key}.draft`
const form = document.forms.write
const text = document.getElementById("text")
const input = document.getElementById("file")
const chip = document.getElementById("chip")
let file = null

function reasonAgainst(chosen) {
  if (chosen.size > maxBytes) return words.large
  return chosen.size ? "" : words.empty
}

// null: none
function chooseFile(chosen) {
  const reason = chosen ? reasonAgainst(chosen) : ""
  file = chosen && !reason ? chosen : null
  input.value = ""
  sayIn("trouble", reason)
  chip.hidden = !file
  document.getElementById("chosen").textContent = file ? `${file.name} · ${sizeOf(file.size)}` : ""
  text.focus()
}

document.getElementById("attach").addEventListener("click", () => input.click())
input.addEventListener("change", () => chooseFile(input.files[0] ?? null))
chip.querySelector("button").addEventListener("click", () => chooseFile(null))

text.addEventListener("paste", (event) => {
  const [pasted] = event.clipboardData?.files ?? []
  if (!pasted) return
  event.preventDefault()
  chooseFile(pasted)
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
restoreDraft()

form.addEventListener("submit", (event) => {
  event.preventDefault()
  const said = text.value.trim()
  if (file && !said && !line.hasWritten) {
    sayIn("trouble", words.first)
  } else if (said || file) {
    // the first message is words: a file goes behind it
    const isApart = said && file && !line.hasWritten
    if (isApart) line.outbox.send({ text: said })
    line.outbox.send({ text: isApart ? "" : said, file })
    text.value = ""
    keepDraft()
    chooseFile(null)
  }
  text.focus()
})

// what is written before somebody listens would be lost
form.inert = false
