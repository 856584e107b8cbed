// A pane whose window (the time in which the network lets us answer) has opened or shut since it was drawn.
import { refreshPart } from "inbox/refresh.js"
import { whenShown } from "inbox/shown.js"

const OPEN = ["open", "human_agent"]
const asked = new Set()

// what shows that the pane's window is another now; falsy where nothing does
function reasonToAsk(pane) {
  if (OPEN.includes(pane.dataset.window)) {
    // the network has said that it is over
    return pane.querySelector(".wa-msg[data-shut]")?.id
  }
  // the customer has answered
  const newest = Number(pane.querySelector("[data-newest]")?.dataset.newest) || 0
  const lines = [...pane.querySelectorAll(".is-in[data-heard]")]
  const heard = Math.max(0, ...lines.map((line) => Number(line.dataset.heard)))
  return heard > newest && heard
}

whenShown(() => {
  for (const pane of document.querySelectorAll(".wa-pane[data-window]")) {
    const reason = reasonToAsk(pane)
    const key = `${pane.id} ${pane.dataset.window} ${reason}`
    if (!reason || asked.has(key)) continue
    asked.add(key)
    refreshPart(pane)
  }
})
