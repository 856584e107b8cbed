// The files that go with a message: chosen, pasted, dropped or recorded. They are kept here and not in the form, so
// that a pane may come anew; uploads.js sends them.
import { make } from "common/make.js"
import { showToast } from "common/toast.js"
import { findRule } from "inbox/file-rules.js"
import { whenShown } from "inbox/shown.js"
import { words } from "inbox/words.js"

const MAX_BYTES = 10 * 1024 * 1024
const MAX_FILES = 20
export const COMPOSERS = "form[data-composer]"
const chosen = new Map() // composer → its entries (makeEntry)

export const inputOf = (form) => form.querySelector("input[type=file]")
export const filesOf = (form) => chosen.get(form.id) ?? []

function reasonAgainst(form, file, isVoice) {
  if (filesOf(form).length >= MAX_FILES) return words.tooManyFiles
  if (!file.size) return words.emptyFile
  if (file.size > MAX_BYTES) return words.tooBig
  return isVoice ? undefined : findRule(form, file).refused
}

// what is too large or of a type that the line does not take is said, and the others go
export function addFiles(form, files, { isVoice = false } = {}) {
  for (const file of files) {
    const reason = reasonAgainst(form, file, isVoice)
    if (reason) showToast({ level: "error", title: reason, text: file.name })
    else chosen.set(form.id, [...filesOf(form), makeEntry(form, file, isVoice)])
  }
  showFiles(form)
}

// `share`: how much of it is up, from 0 to 1; `refused`: by the server, why
function makeEntry(form, file, isVoice) {
  const says = isVoice ? "" : findRule(form, file).says
  return { file, isVoice, says, form: form.id, src: addressOf(file), share: null, refused: "" }
}

function addressOf(file) {
  const [major] = file.type.split("/")
  const isShown = ["image", "audio", "video"].includes(major) && !file.type.includes("svg")
  return isShown ? URL.createObjectURL(file) : ""
}

export function dropFile(entry) {
  if (entry.src) URL.revokeObjectURL(entry.src)
  chosen.set(entry.form, (chosen.get(entry.form) ?? []).filter((one) => one !== entry))
  showFilesOf(entry)
}

export function showFilesOf(entry) {
  const form = document.getElementById(entry.form)
  if (form) showFiles(form)
}

export function showFiles(form) {
  const place = form.querySelector("[data-file-name]")
  const entries = filesOf(form)
  place.hidden = !entries.length
  place.replaceChildren(...entries.map((entry) => entry.element ?? (entry.element = makeChip(entry))))
  for (const entry of entries) updateChip(entry)
}

function makeChip(entry) {
  const { file, isVoice } = entry
  const name = isVoice ? document.getElementById(entry.form)?.dataset.voice : file.name
  const said = make("span", { class: "wa-grow" }, make("b", {}, make("bdi", {}, name)), make("small"))
  const remove = make("button", { type: "button", class: "wa-link", "aria-label": `${words.remove}: ${name}` }, "×")
  remove.addEventListener("click", () => removeByHand(entry))
  return make("span", { class: "wa-file" }, ...makePreview(entry), said, remove)
}

function makePreview({ src, file }) {
  if (!src) return []
  const [major] = file.type.split("/")
  if (major === "image") return [make("img", { src, alt: "" })]
  return [make(major, { src, controls: true, "aria-label": file.name })]
}

function updateChip(entry) {
  const { element, refused, says, share } = entry
  const isBad = Boolean(refused)
  element.classList.toggle("is-bad", isBad)
  const text = refused || (share === null ? says || "" : words.uploading.replace("%n", Math.round(share * 100)))
  const small = element.querySelector("small")
  if (small.textContent !== text) small.textContent = text
  if (isBad) small.setAttribute("role", "alert")
  const bar = element.querySelector("progress")
  if (share === null) bar?.remove()
  else if (bar) bar.value = share
  else element.append(make("progress", { max: 1, value: share, "aria-label": entry.file.name }))
}

function removeByHand(entry) {
  const form = document.getElementById(entry.form)
  const at = filesOf(form).indexOf(entry)
  entry.abort?.abort()
  dropFile(entry)
  const next = filesOf(form)[Math.min(at, filesOf(form).length - 1)]
  ;(next?.element.querySelector("button") ?? form.elements.text).focus()
}

document.addEventListener("change", (event) => {
  const { form, type } = event.target
  if (type !== "file" || !form?.matches(COMPOSERS)) return
  addFiles(form, event.target.files)
  // without scripts they leave with the form; here each leaves by itself
  event.target.value = ""
})

// a pane that came anew shows its files again
function showFilesAgain() {
  for (const form of document.querySelectorAll(COMPOSERS)) {
    if (filesOf(form).length && form.querySelector("[data-file-name]").childElementCount !== filesOf(form).length) {
      showFiles(form)
    }
  }
}
whenShown(showFilesAgain)
