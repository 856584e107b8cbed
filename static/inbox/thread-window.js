// A thread that one has read far back in, or that has grown for hours, keeps its newest lines once one is at its end
// again: every change of a page costs as much as the page is long. What goes is asked for again by reading up.
import { make } from "common/make.js"
import { isAsking } from "inbox/past.js"
import { words } from "inbox/words.js"

const KEPT = 60

export function keepNewest(log) {
  const list = log.querySelector(".wa-thread")
  const older = log.querySelector(".wa-older")
  // what is being asked for goes before lines that would be gone by then
  if (!list || !older || isAsking(list) || log.classList.contains("is-up")) return
  const lines = [...list.children]
  const kept = findFirstKept(list, lines)
  const first = lines.slice(kept).find((line) => line.id.startsWith("m-"))
  if (!kept || !first) return
  // the day that the first one was said in stays above it
  const day = lines[kept].matches(".wa-day") ? null : lines.slice(0, kept).findLast((line) => line.matches(".wa-day"))
  for (const line of lines.slice(0, kept)) if (line !== day) line.remove()
  const href = `/chats/${log.dataset.log}/messages/?antes=${first.id.slice(2)}`
  older.replaceChildren(make("a", { class: "btn btn-sm", href, "hx-boost": "false" }, words.older))
}

// nothing goes that is in use: that has the focus, plays, or is being marked to be copied
function findFirstKept(list, lines) {
  const marked = getSelection()
  const used = [document.activeElement, ...[...list.querySelectorAll("audio, video")].filter((one) => !one.paused)]
  if (!marked.isCollapsed) used.push(marked.anchorNode, marked.focusNode)
  const places = used.map((one) => lines.findIndex((line) => line.contains(one))).filter((place) => place >= 0)
  return Math.max(0, Math.min(lines.length - KEPT, ...places))
}
