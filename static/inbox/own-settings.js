// What the agent has set for itself (inbox/models/settings.py); a change on any device comes to all open pages.
let own = JSON.parse(document.getElementById("own-settings").textContent)
const listeners = []

export const ownSettings = () => own
export const wants = (kind, way) => Boolean(own.notices[kind]?.includes(way))

export function whenChanged(act) {
  listeners.push(act)
}

export function setOwn(fresh) {
  own = fresh
  for (const act of listeners) act(own)
}

// whether now, by the installation's clock, is in the hours in which nobody is told
export function isQuiet() {
  if (!own.quiet) return false
  const [begin, end] = own.quiet
  const parts = { timeZone: own.zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
  const now = new Intl.DateTimeFormat("en-GB", parts).format(new Date())
  return begin < end ? begin <= now && now < end : now >= begin || now < end
}

// the answer to what was saved here: also where the socket is away
document.addEventListener("own-settings", (event) => setOwn(event.detail))
