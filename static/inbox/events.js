// What the server says over the socket: numbered events of a group, beats with the numbers, orders to ask again.
// A gap in the numbers means that something was missed, and then HTTP is asked.
import { showToast } from "common/toast.js"
import { whenDone } from "inbox/acting.js"
import { hearDraft } from "inbox/draft-sync.js"
import { countTray, countUnread, isOfQueue } from "inbox/counts.js"
import { markOf, partsOf, setMark, whenBehind } from "inbox/marks.js"
import { hearClaimed } from "inbox/notices/claims.js"
import { tellAnswer, tellArrival, tellAssigned, tellMention, tellReminder } from "inbox/notices/news.js"
import { setOwn } from "inbox/own-settings.js"
import { checkLogin, refreshPage, refreshPart } from "inbox/refresh.js"
import { say, socketState } from "inbox/socket.js"
import { showOnline } from "inbox/strip.js"
import { me } from "inbox/words.js"

// events of one group may overtake each other by so many
const OVERTAKEN = 5
// until what came too late is asked for anew
const BEHIND_MS = 300
const CAUGHT_UP_WITHIN_MS = 3000
// chat → the last step of its way that a row here was told of
const steps = new Map()

let isHeard = false // that somebody else looks or types: who draws it is fetched then

let hasLapsed = false // the line was away: the first numbers that come tell what was missed
let turn = null // the page is asked for when it is this page's turn

export function noteLapse() {
  hasLapsed = true
}

// true: the HTML behind this head is to be shown
export function takeEvent(head) {
  if (head.beat) {
    say({ ok: 1 })
    catchUp(head.beat, { tolerated: OVERTAKEN })
  } else if (head.marks) catchUp(head.marks, head)
  else if (head.reopened) compareNumbers(forgetSilent(head.reopened), head)
  else if (head.login) checkLogin(head.login)
  else if (head.resync) askInTurn(head)
  else if (head.refused) for (const group of head.refused) partsOf(group).forEach(refreshPart)
  else if (head.passing) hearPassing(head.passing)
  else if (head.claimed) hearClaimed(head)
  else if (head.g) return takeNumbered(head)
  return false
}

// the server says in how many seconds: all pages that it tells to ask would come at once
function askInTurn({ wait = 0 }) {
  turn ??= new Promise((resolve) => {
    setTimeout(() => {
      turn = null
      refreshPage().then(resolve)
    }, wait * 1000)
  })
  return turn
}

async function catchUp(numbers, head) {
  const isFirst = hasLapsed
  hasLapsed = false
  // without Redis there are none: then nobody knows what was missed
  const isBlind = isFirst && !Object.keys(numbers).length
  const caughtUp = isBlind ? askInTurn(head) : compareNumbers(numbers, head)
  // the page catches up before it says that it is back; but the line is back, however long that takes
  if (isFirst) await Promise.race([caughtUp, new Promise((resolve) => setTimeout(resolve, CAUGHT_UP_WITHIN_MS))])
  // by any later beat, too: whatever else the page has heard of its line, this one speaks
  if (socketState() === WebSocket.OPEN) showOnline()
}

// Redis has come back without its memory, and nothing was said in these groups since: there was nothing to miss
function forgetSilent(numbers) {
  for (const [group, number] of Object.entries(numbers)) if (!number && markOf(group)) setMark(group, 0)
  return numbers
}

function takeNumbered(head) {
  const last = markOf(head.g)
  if (last === undefined || head.n <= last) return false
  setMark(head.g, head.n)
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

// not at once: while events come quicker than answers are made, each answer would be behind
const late = new Set()
whenBehind((group) => {
  if (late.has(group)) return
  late.add(group)
  setTimeout(() => {
    late.delete(group)
    refreshGroup(group)
  }, BEHIND_MS * (1 + Math.random()))
})

// What moved without us is asked for: once for the whole page, or each chat for itself. `tolerated`: by so much an
// event may have overtaken these numbers.
function compareNumbers(numbers, { wait, tolerated = 0 } = {}) {
  const moved = []
  for (const [group, number] of Object.entries(numbers)) {
    const last = markOf(group)
    if (last === undefined || number === last || (number < last && last - number < tolerated)) continue
    setMark(group, number)
    moved.push(group)
  }
  if (moved.some((group) => !group.startsWith("chat."))) return askInTurn({ wait })
  return Promise.all(moved.flatMap(partsOf).map(refreshPart))
}

// without the network its module does not come, and what passes is gone by the time that it is back
async function hearPassing(list) {
  isHeard = true
  const { takePassing } = await import("inbox/here.js").catch(() => ({}))
  takePassing?.(list)
}

async function hearSaid({ chat, said }) {
  const { endTyping } = await import("inbox/here.js").catch(() => ({}))
  endTyping?.(chat, said !== "out" && said !== "note")
}

function actOn(head) {
  if (isHeard && (head.said || head.heard)) hearSaid(head)
  if (head.toast) showToast(head.toast)
  // a move that was asked for here answers by itself
  if (head.moved) whenDone().then(() => partsOf(head.g).forEach(refreshPart))
  if (head.tray !== undefined && head.count !== undefined) countTray(head)
  if (head.g === `agent.${me}` && head.unread !== undefined) countUnread(head)
  if (head.g === `agent.${me}` && head.heard) tellAnswer(head)
  if (head.came && String(head.by) !== me && isOfQueue(head.tray)) tellArrival(head)
  if (head.assigned) tellAssigned(head)
  if (head.mention) tellMention(head)
  if (head.remind) tellReminder(head)
  // what stands in its pane of it is old
  if (head.remind) document.querySelectorAll(`.wa-pane[data-chat="${head.of}"]`).forEach(refreshPart)
  if (head.settings) setOwn(head.settings)
  if (head.draft) hearDraft(head.draft)
  if (head.contact === undefined) return
  if (document.querySelector(`[data-screen="contacto"][data-contact="${head.contact}"]`)) refreshPage()
}
