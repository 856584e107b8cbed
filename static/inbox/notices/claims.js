// Several tabs hear of the same news, and one of them tells it: the one that somebody looks at, else the speaker, else
// whichever is left. A claim holds for all tabs of this browser.
const RECORD = "notices-told"
const MAX_KEPT = 200
const HELD_MS = 20_000
const WAIT_MS = { inSight: 0, visible: 150, speaker: 400, other: 2000 }
let isSpeaker = false

// Who holds this is not put to sleep by the browser, and when it closes the next tab has it.
navigator.locks?.request("notices-speaker", () => {
  isSpeaker = true
  return new Promise(() => {})
})

// true: this tab tells it. `isInSight`: what it is about stands before the agent's eyes here.
export async function claimNews(key, isInSight) {
  const rank = isInSight ? "inSight" : !document.hidden ? "visible" : isSpeaker ? "speaker" : "other"
  if (WAIT_MS[rank]) await new Promise((resolve) => setTimeout(resolve, WAIT_MS[rank]))
  if (!(await holdClaim(key))) return false
  return record(key)
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
