// Several tabs and devices hear of the same news, and one of them tells it: where it is before the agent's eyes nobody
// does; else the tab that somebody looks at, else the speaker of this browser, else whichever is left; and of several
// devices the one that was used last. In one browser a claim holds for all its tabs, and the server keeps one for all
// devices (live/claims.py).
import { say } from "inbox/socket.js"

const RECORD = "notices-told"
const MAX_KEPT = 200
const HELD_MS = 20_000
const WAIT_MS = { inSight: 0, visible: 150, speaker: 400, other: 2000 }
// nobody has touched this device for so long: another one goes before it
const IDLE_MS = 60_000
const AFTER_OTHERS_MS = 700
// a line that says nothing keeps nothing from being told
const ANSWERED_WITHIN_MS = 2500
let isSpeaker = false
let usedAt = Date.now()
const asked = new Map() // key → what is done with the answer

for (const name of ["pointerdown", "keydown"]) addEventListener(name, () => (usedAt = Date.now()), { capture: true })

// Who holds this is not put to sleep by the browser, and when it closes the next tab has it.
navigator.locks?.request("notices-speaker", () => {
  isSpeaker = true
  return new Promise(() => {})
})

// true: this tab tells it. `isInSight`: what it is about stands before the agent's eyes here.
export async function claimNews(key, isInSight) {
  const rank = isInSight ? "inSight" : !document.hidden ? "visible" : isSpeaker ? "speaker" : "other"
  const isIdle = !isInSight && Date.now() - usedAt > IDLE_MS
  const wait = WAIT_MS[rank] + (isIdle ? AFTER_OTHERS_MS : 0)
  if (wait) await new Promise((resolve) => setTimeout(resolve, wait))
  if (!(await holdClaim(key)) || !record(key)) return false
  return askForDevices(key)
}

// at once for all tabs, which their storage is not
function holdClaim(key) {
  if (!navigator.locks) return true
  return new Promise((resolve) => {
    navigator.locks.request(`notice:${key}`, { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock))
      return lock && new Promise((release) => setTimeout(release, HELD_MS))
    })
  })
}

// for a tab that hears of it much later
function record(key) {
  const told = JSON.parse(localStorage.getItem(RECORD) ?? "[]")
  if (told.includes(key)) return false
  localStorage.setItem(RECORD, JSON.stringify([...told, key].slice(-MAX_KEPT)))
  return true
}

function askForDevices(key) {
  return new Promise((resolve) => {
    asked.set(key, resolve)
    setTimeout(() => hearClaimed({ claimed: key, mine: true }), ANSWERED_WITHIN_MS)
    if (!say({ claim: key })) hearClaimed({ claimed: key, mine: true })
  })
}

export function hearClaimed({ claimed, mine }) {
  asked.get(claimed)?.(mine)
  asked.delete(claimed)
}
