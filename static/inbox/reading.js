// Who reads above is not moved by what comes in, is told how much of it stands below, and gets more by reading on.
import { findAnchor, isWanted, restoreAnchor } from "inbox/anchors.js"
import { ask, bring, isAsking, merge } from "inbox/past.js"
import { whenShown } from "inbox/shown.js"
import { me, words } from "inbox/words.js"

const UP_PX = 40
const AHEAD_PX = 400
const places = new WeakMap() // log → {anchor, last, count}

const buttonOf = (log) => log.nextElementSibling?.querySelector("[data-to-end]")
const listOf = (log) => log.querySelector(".wa-thread")
const lastKey = (list) => BigInt([...list.children].findLast((line) => line.dataset.key)?.dataset.key ?? 0)

export function keepPlace(log) {
  // its page was left while this was fetched
  if (!log.isConnected || !listOf(log)) return
  const place = places.get(log) ?? begin(log)
  const isUp = log.scrollTop < -UP_PX
  log.classList.toggle("is-up", isUp)
  place.anchor = isUp ? findAnchor(log) : null
  if (!isUp) {
    place.count = 0
    place.last = lastKey(listOf(log))
  }
  showCount(log, place)
  const left = log.scrollHeight - log.clientHeight + log.scrollTop
  const older = left < AHEAD_PX && !isAsking(listOf(log)) && log.querySelector(".wa-older a")
  // what fails is asked for by the link
  if (older) bring(listOf(log), older.href).catch(() => {})
}

function begin(log) {
  const place = { anchor: null, last: lastKey(listOf(log)), count: 0 }
  places.set(log, place)
  new MutationObserver((changes) => noteLines(log, place, changes)).observe(log, { childList: true, subtree: true })
  return place
}

function noteLines(log, place, changes) {
  const list = listOf(log)
  if (!place.anchor || !list) return
  const added = changes.flatMap((change) => [...change.addedNodes]).filter((one) => one.id && isWanted(one))
  const fresh = added.filter((one) => one.isConnected && BigInt(one.dataset.key) > place.last)
  if (fresh.length) place.last = lastKey(list)
  if (fresh.some((one) => one.dataset.author === me)) return goToEnd(log)
  place.count += fresh.filter((one) => one.matches(".wa-msg")).length
  restoreAnchor(log, place.anchor)
  showCount(log, place)
}

function showCount(log, { count, anchor }) {
  const button = buttonOf(log)
  if (!button) return
  const said = count === 1 ? words.belowOne : count ? words.belowMany.replace("%n", count) : words.below
  if (button.lastElementChild.textContent !== said) button.lastElementChild.textContent = said
  button.hidden = !anchor
}

function goToEnd(log) {
  log.scrollTop = 0
  keepPlace(log)
}

export function showEnd(button) {
  const log = button.parentElement.previousElementSibling
  goToEnd(log)
  log.focus({ preventScroll: true })
}

// a page or a pane that comes anew says nothing of where one reads
whenShown(() => {
  for (const log of document.querySelectorAll(".wa-log.is-up")) if (places.has(log)) showCount(log, places.get(log))
})

// what the server says anew of a page or a pane has the newest messages: with those that are being read
export async function carryOver(fresh) {
  for (const log of document.querySelectorAll(".wa-log.is-up")) {
    const list = fresh.querySelector(`#${listOf(log).id}`)
    const anchor = findAnchor(log)
    if (!list || !anchor || list.querySelector(`#${anchor.id}`)) continue
    const url = `/chats/${log.dataset.log}/messages/?cerca=${anchor.id.slice(2)}`
    const part = await ask(url).catch(() => null)
    if (part) merge(list, part)
    list.closest(".wa-log").classList.add("is-up")
  }
}
