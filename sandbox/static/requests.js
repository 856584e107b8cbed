// Asking the sandbox; what goes wrong is said on the page.
import { byId, words } from "./dom.js"

const TOAST_MS = 5000
let toasting

// Raises Error with what the sandbox said.
export async function ask(method, path, body) {
  const options = { method, headers: { "Content-Type": "application/json" } }
  if (body !== undefined) options.body = JSON.stringify(body)
  const answer = await fetch(`/sandbox/${path}`, options)
  const found = await answer.json()
  if (!answer.ok) throw new Error(found.error || answer.status)
  return found
}

function showToast(text) {
  byId("toast").textContent = text
  byId("toast").hidden = false
  clearTimeout(toasting)
  toasting = setTimeout(() => {
    byId("toast").hidden = true
  }, TOAST_MS)
}

// a listener that may fail
export function attempt(work) {
  return async (event) => {
    event?.preventDefault?.()
    try {
      await work(event)
    } catch (error) {
      showToast(`${words.failed}: ${error.message}`)
    }
  }
}
