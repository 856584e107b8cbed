// Where one's own time zone is not the installation's, one's own time stands beside each.
import { ownSettings, whenChanged } from "inbox/own-settings.js"

let isLoaded = false

async function show({ hasOwnZone, zone }) {
  if (!hasOwnZone && !isLoaded) return
  isLoaded = true
  const { showTimes } = await import("inbox/own-times.js").catch(() => ({}))
  showTimes?.(hasOwnZone ? zone : "")
}

show(ownSettings())
whenChanged(show)
