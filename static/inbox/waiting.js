// What an agent wrote that has not left yet, or was refused: kept in this browser, for all its tabs.
import { me } from "inbox/words.js"

const KEY = `waiting:${me}`

// {id, chat, url, name, text, note, quotes, seen, reason}, in the order in which they were written; `reason`: refused
export function listWaiting() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]")
  } catch {
    return []
  }
}

export const isWaiting = ({ reason }) => !reason

function write(items) {
  if (items.length) localStorage.setItem(KEY, JSON.stringify(items))
  else localStorage.removeItem(KEY)
}

export const keepWaiting = (item) => write([...listWaiting().filter(({ id }) => id !== item.id), item])
export const dropWaiting = (id) => write(listWaiting().filter((item) => item.id !== id))
export const refuseWaiting = (id, reason) =>
  write(listWaiting().map((item) => (item.id === id ? { ...item, reason } : item)))

export function whenWaitingElsewhere(act) {
  addEventListener("storage", (event) => (event.key === KEY || event.key === null) && act())
}
