// The files that go with a message: chosen, pasted, dropped, recorded, or named, as those of quick replies are, which
// the server has. They are kept here and not in the form, so that a pane may come anew; uploads.js sends them.
import { make } from "common/make.js"
import { showToast } from "common/toast.js"
import { findRule } from "inbox/file-rules.js"
import { makeIcon } from "inbox/icon.js"
import { isNote } from "inbox/note-switch.js"
import { whenShown } from "inbox/shown.js"
import { words } from "inbox/words.js"

const MAX_BYTES = 10 * 1024 * 1024
const MAX_FILES = 20
const NEAREST = { block: "nearest", inline: "nearest" }
export const COMPOSERS = "form[data-composer]"
const chosen = new Map() // composer → its entries (makeEntry)

export const inputOf = (form) => form.querySelector("input[type=file]")
export const filesOf = (form) => chosen.get(form.id) ?? []

function reasonAgainst(form, file, isVoice) {
  if (filesOf(form).length >= MAX_FILES) return words.tooManyFiles
  if (!file.size) return words.emptyFile
  if (file.size > MAX_BYTES) return words.tooBig
  // what stays inside has no line that it must fit
  return isVoice || isNote(form) ? undefined : findRule(form, file).refused
}

export const addFiles = (form, files, { isVoice = false } = {}) =>
  chooseAll(form, [...files].map((file) => ({ file })), isVoice)

// those of a quick reply, {uuid, name, mime, size, url} each; a note goes without them
export function nameFiles(form, files) {
  if (!files.length || !inputOf(form) || isNote(form)) return
  const named = files.map(({ uuid, url, name, mime, size }) => ({ file: { name, type: mime, size }, uuid, url }))
  chooseAll(form, named, false)
}

// what is too large or of a type that the line does not take is said, and the others go
function chooseAll(form, files, isVoice) {
  for (const { file, ...named } of files) {
    const reason = reasonAgainst(form, file, isVoice)
    if (reason) showToast({ level: "error", title: reason, text: file.name })
    else chosen.set(form.id, [...filesOf(form), makeEntry(form, file, isVoice, named)])
  }
  showFiles(form)
}

// `uuid`: of one that the server has; `share`: how much of it is up, from 0 to 1; `refused`: by the server, why;
// `isNote`: it has been sent as one
function makeEntry(form, file, isVoice, { uuid = "", url = "" }) {
  const rule = isVoice || isNote(form) ? "" : findRule(form, file).says
  const says = [formatSize(file.size), rule].filter(Boolean).join(", ")
  const src = isShown(file) ? url || URL.createObjectURL(file) : ""
  return { file, uuid, isVoice, says, form: form.id, src, share: null, refused: "" }
}

const isShown = ({ type }) => ["image", "audio", "video"].includes(type.split("/")[0]) && !type.includes("svg")

// as filesize_es: 240 kB, 1,8 MB
function formatSize(bytes) {
  const [amount, unit] = bytes < 999_500 ? [Math.max(Math.round(bytes / 1e3), 1), "kB"] : [bytes / 1e6, "MB"]
  return `${amount.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} ${unit}`
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
  const parts = entries.map((entry) => entry.element ?? (entry.element = makeChip(entry)))
  const hasMore = entries.length && entries.length < MAX_FILES
  if (hasMore) parts.push(place.querySelector(".wa-file-more") ?? makeMore(form.id))
  place.hidden = !entries.length
  replaceParts(place, parts, form.elements.text)
  for (const entry of entries) updateChip(entry)
}

// what is moved within the page loses the focus: it has it again, or `heir` where it is gone
function replaceParts(place, parts, heir) {
  const before = place.childElementCount
  if (parts.length === before && parts.every((part, at) => part === place.children[at])) return
  const focused = place.contains(document.activeElement) && document.activeElement
  place.replaceChildren(...parts)
  if (focused) (focused.isConnected ? focused : heir).focus()
  // the file that came last, and the tile behind it as far as there is room
  if (parts.length > before) for (const part of parts.slice(-2).reverse()) part.scrollIntoView(NEAREST)
}

// beside the files that wait: more of them, chosen here; what is dropped on it is dropped on its pane
function makeMore(id) {
  const text = matchMedia("(any-hover: hover)").matches ? words.addOrDrop : words.addFile
  const more = make("button", { type: "button", class: "wa-file-more" }, makeIcon("plus"), text)
  more.addEventListener("click", () => inputOf(document.getElementById(id)).click())
  return more
}

function makeChip(entry) {
  const { file, isVoice } = entry
  const name = isVoice ? document.getElementById(entry.form)?.dataset.voice : file.name
  const said = make("span", { class: "wa-grow" }, make("b", {}, make("bdi", {}, name)), make("small"))
  const label = `${words.remove}: ${name}`
  const remove = make("button", { type: "button", class: "wa-link", "aria-label": label }, makeIcon("x"))
  remove.addEventListener("click", () => removeByHand(entry))
  return make("span", { class: "wa-file" }, ...makePreview(entry), said, remove)
}

function makePreview({ src, file }) {
  if (!src) return [make("span", { class: "wa-thumb" }, makeIcon("file-text"))]
  const [major] = file.type.split("/")
  if (major === "image") return [make("img", { src, alt: "" })]
  return [make(major, { src, controls: true, "aria-label": file.name })]
}

function updateChip(entry) {
  const { element, isNote: stays, refused, says, share } = entry
  const isBad = Boolean(refused)
  element.classList.toggle("is-bad", isBad)
  const before = stays ? words.staysInside : says
  const text = refused || (share === null ? before : words.uploading.replace("%n", Math.round(share * 100)))
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
    const { length } = filesOf(form)
    if (length && form.querySelectorAll("[data-file-name] .wa-file").length !== length) showFiles(form)
  }
}
whenShown(showFilesAgain)
