// The file that goes with a message: chosen, pasted or recorded, with its preview.
import { make } from "common/make.js"
import { showToast } from "common/toast.js"
import { findRule } from "inbox/file-rules.js"
import { whenShown } from "inbox/shown.js"
import { words } from "inbox/words.js"

const MAX_BYTES = 10 * 1024 * 1024
export const COMPOSERS = "form[data-composer]"
const addresses = new Map() // composer → address of the preview that it shows
const recorded = new Set() // files that were recorded here

const markOf = (file) => `${file.name}:${file.size}:${file.lastModified}`
const inputOf = (form) => form.querySelector("input[type=file]")
const fileOf = (form) => inputOf(form)?.files[0]
const isRecorded = (file) => recorded.has(markOf(file))

export function showFile(form) {
  const file = fileOf(form)
  const rule = file && !isRecorded(file) ? findRule(form, file) : {}
  const refused = file && file.size > MAX_BYTES ? words.tooBig : rule.refused
  if (refused) {
    inputOf(form).value = ""
    showToast({ level: "error", title: refused, text: file.name })
    return showFile(form)
  }
  URL.revokeObjectURL(addresses.get(form.id))
  addresses.delete(form.id)
  const place = form.querySelector("[data-file-name]")
  place.hidden = !file
  place.replaceChildren()
  if (!file) return
  const preview = makePreview(form, file)
  if (preview) place.append(preview)
  const name = isRecorded(file) ? form.dataset.voice : file.name
  place.append(make("bdi", { class: "text-truncate" }, name))
  if (rule.says) place.append(make("span", { class: "wa-file-says" }, rule.says))
  place.append(makeRemove(form))
}

function makeRemove(form) {
  const button = make("button", { type: "button", class: "wa-link" }, words.remove)
  button.addEventListener("click", () => {
    inputOf(form).value = ""
    showFile(form)
    form.elements.text.focus()
  })
  return button
}

function makePreview(form, file) {
  const [major] = file.type.split("/")
  if (!["image", "audio", "video"].includes(major) || file.type.includes("svg")) return null
  const src = URL.createObjectURL(file)
  addresses.set(form.id, src)
  if (major === "image") return make("img", { src, alt: "" })
  return make(major, { src, controls: true, "aria-label": file.name })
}

function chooseFile(form, file) {
  const chosen = new DataTransfer()
  chosen.items.add(file)
  inputOf(form).files = chosen.files
  showFile(form)
}

export function chooseRecording(form, file) {
  recorded.add(markOf(file))
  chooseFile(form, file)
}

document.addEventListener("change", (event) => {
  if (event.target.type === "file" && event.target.form?.matches(COMPOSERS)) showFile(event.target.form)
})

document.addEventListener("paste", (event) => {
  const { form } = event.target
  if (!form?.matches?.(COMPOSERS) || !inputOf(form) || !event.clipboardData?.files.length) return
  event.preventDefault()
  chooseFile(form, event.clipboardData.files[0])
})

document.addEventListener(
  "submit",
  (event) => {
    if (!event.target.matches?.(COMPOSERS)) return
    const file = fileOf(event.target)
    event.target.elements.voice.value = file && isRecorded(file) ? "1" : ""
  },
  true,
)

// a pane that came anew shows its file again
function showFilesAgain() {
  for (const form of document.querySelectorAll(COMPOSERS)) {
    if (fileOf(form) && form.querySelector("[data-file-name]").hidden) showFile(form)
  }
}
showFilesAgain()
whenShown(showFilesAgain)
