// The files that go along with a quick reply: fetched, and then the composer's own, with its rules for the line.
import { showToast } from "common/toast.js"
import { addFiles, inputOf } from "inbox/files.js"
import { words } from "inbox/words.js"

const fetching = new Map() // composer → what is still on its way

async function fetchFile({ name, mime, url }) {
  const answer = await fetch(url)
  if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`)
  return new File([await answer.blob()], name, { type: mime })
}

// resolves to whether all are there; a note goes without files
export function takeFiles(form, files) {
  if (!files.length || !inputOf(form) || form.querySelector("[data-note]")?.checked) return Promise.resolve(true)
  const taken = takeAll(form.id, files).finally(() => fetching.get(form.id) === taken && fetching.delete(form.id))
  fetching.set(form.id, taken)
  return taken
}

async function takeAll(id, files) {
  const found = await Promise.allSettled(files.map(fetchFile))
  const form = document.getElementById(id)
  if (!form) return false
  addFiles(form, found.filter(({ value }) => value).map(({ value }) => value))
  const missing = files.filter((_, index) => found[index].status === "rejected")
  for (const { name } of missing) showToast({ level: "error", title: words.noFile, text: name })
  return !missing.length
}

// before all who send: what is sent meanwhile waits for the files, and stays where one could not be had
document.addEventListener(
  "submit",
  (event) => {
    const waiting = fetching.get(event.target.id)
    if (!waiting) return
    event.preventDefault()
    event.stopImmediatePropagation()
    waiting.then((isWhole) => isWhole && document.getElementById(event.target.id)?.requestSubmit())
  },
  true,
)
