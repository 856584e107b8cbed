// The time of one's own zone, beside those of the installation: in what is there, and in what comes.
import { whenShown } from "inbox/shown.js"

let clock = null

// `zone`: '' for none
export function showTimes(zone) {
  const parts = { timeZone: zone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
  clock = zone && new Intl.DateTimeFormat(document.documentElement.lang, parts)
  for (const time of document.querySelectorAll("time[data-own]")) delete time.dataset.own
  showNew()
}

function showNew() {
  if (!clock) return
  for (const time of document.querySelectorAll("time[datetime]:not([data-own])")) {
    const at = new Date(time.dateTime)
    if (!Number.isNaN(at.getTime())) time.dataset.own = clock.format(at)
  }
}

whenShown(showNew)
