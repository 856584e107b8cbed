// Llegó algo nuevo: what came that was not seen stands over the answer that waits for it, until the answer is sent, or
// one writes on having seen it.
import { passOver } from "inbox/seen.js"
import { noteSeen } from "inbox/sending.js"
import { whenShown } from "inbox/shown.js"

const boxes = new Map() // chat → what stands over its text

// `html`: the server's answer; false: it says nothing of the kind
export function holdAnswer(form, html) {
  const box = new DOMParser().parseFromString(html, "text/html").querySelector("[data-missed]")
  if (!box) return false
  letGo(form)
  boxes.set(form.dataset.composer, box)
  form.prepend(box)
  return true
}

function letGo(form) {
  boxes.get(form.dataset.composer)?.remove()
  boxes.delete(form.dataset.composer)
}

const missedIn = (form) => Number(boxes.get(form.dataset.composer).dataset.missed)

// a pane that comes anew knows nothing of it
whenShown(() => {
  for (const [chat, box] of boxes) {
    const form = document.getElementById(`composer-${chat}`)
    if (!form) boxes.delete(chat)
    else if (!form.contains(box)) form.prepend(box)
  }
})

const isHeld = (form) => boxes.has(form?.dataset?.composer)

for (const name of ["input", "focusin"]) {
  document.addEventListener(name, ({ target }) => {
    const { form } = target
    if (target.name !== "text" || !isHeld(form)) return
    noteSeen(form)
    if (Number(form.elements.last_seen.value) >= missedIn(form)) letGo(form)
  })
}

// Ctrl+Enter, which goes on as Enter does
document.addEventListener(
  "keydown",
  ({ target, key, ctrlKey, metaKey }) => {
    if (key !== "Enter" || !(ctrlKey || metaKey) || target.name !== "text" || !isHeld(target.form)) return
    passOver(target.form.dataset.composer, missedIn(target.form))
  },
  true,
)

document.addEventListener("click", ({ target }) => {
  const form = target.closest("[data-send-anyway]")?.form
  if (!isHeld(form)) return
  passOver(form.dataset.composer, missedIn(form))
  form.requestSubmit()
})

document.addEventListener("submit", ({ target }) => isHeld(target) && letGo(target), true)
