// What the server says over the socket: numbered events of a group, beats with the numbers, orders to ask again.
// A gap in the numbers means that something was missed, and then HTTP is asked.
import { showToast } from "common/toast.js"
import { whenDone } from "inbox/acting.js"
import { countTray, countUnread } from "inbox/counts.js"
import { marks, partsOf } from "inbox/marks.js"
import { refreshPage, refreshPart } from "inbox/refresh.js"
import { say } from "inbox/socket.js"
import { me } from "inbox/words.js"

// events of one group may overtake each other by so many
const OVERTAKEN = 5
// chat → the last step of its way that a row here was told of
const steps = new Map()

// true: the HTML behind this head is to be shown
export function takeEvent(head) {
  if (head.beat) {
    say({ ok: 1 })
    compareNumbers(head.beat)
  } else if (head.marks) compareNumbers(head.marks)
  else if (head.resync) refreshPage()
  else if (head.refused) for (const group of head.refused) partsOf(group).forEach(refreshPart)
  else if (head.g) return takeNumbered(head)
  return false
}

function takeNumbered(head) {
  const last = marks.get(head.g)
  if (last === undefined || head.n <= last) return false
  marks.set(head.g, head.n)
  if (head.n !== last + 1 && last !== 0) {
    refreshGroup(head.g)
    return false
  }
  actOn(head)
  if (head.step === undefined) return true
  // two moves may be told in the other order: a row of an older step must not come back
  if (head.step < (steps.get(head.chat) ?? 0)) return false
  steps.set(head.chat, head.step)
  return true
}

function refreshGroup(group) {
  if (group.startsWith("chat.")) partsOf(group).forEach(refreshPart)
  else refreshPage()
}

function compareNumbers(numbers) {
  for (const [group, number] of Object.entries(numbers)) {
    const last = marks.get(group)
    if (last === undefined || number === last || (number < last && last - number < OVERTAKEN)) continue
    marks.set(group, number)
    refreshGroup(group)
  }
}

function actOn(head) {
  if (head.toast) showToast(head.toast)
  // a move that was asked for here answers by itself
  if (head.moved) whenDone().then(() => partsOf(head.g).forEach(refreshPart))
  if (head.tray !== undefined && head.count !== undefined) countTray(head)
  if (head.g === `agent.${me}` && head.unread !== undefined) countUnread(head)
  if (head.contact === undefined) return
  if (document.querySelector(`[data-screen="contacto"][data-contact="${head.contact}"]`)) refreshPage()
}
