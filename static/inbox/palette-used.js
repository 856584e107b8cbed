// What was chosen in the palette, the last first: kept in this browser.
import { me } from "inbox/words.js"

const KEY = `palette:${me}`
const MAX_KEPT = 50

export function listUsed() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]")
  } catch {
    return []
  }
}

export function noteUsed(id) {
  const used = [id, ...listUsed().filter((one) => one !== id)]
  localStorage.setItem(KEY, JSON.stringify(used.slice(0, MAX_KEPT)))
}
