// Asking the server again, for the page or for a part of it: HTTP is the truth.
import { whenDone } from "inbox/acting.js"
import { readMarks } from "inbox/marks.js"
import { hasEnded, showEnded } from "inbox/strip.js"

const HEADERS = { "HX-Request": "true", "Witty-Refresh": "1" }
const AGAIN_MS = 5000
const ANSWERED_WITHIN_MS = 30_000
const turns = new Map()

// one request a part at a time, and one more after it if something came meanwhile
function askInTurn(key, ask) {
  const running = turns.get(key)
  if (running) {
    running.more = true
    return running.done
  }
  const turn = { more: false }
  turn.done = (async () => {
    do {
      turn.more = false
      await whenDone()
      try {
        await ask(turn)
      } catch {
        // what was missed shows in no number any more
        setTimeout(() => askInTurn(key, ask), AGAIN_MS)
      }
    } while (turn.more)
    turns.delete(key)
    readMarks()
  })()
  turns.set(key, turn)
  return turn.done
}

async function fetchHtml(url) {
  const signal = AbortSignal.timeout(ANSWERED_WITHIN_MS)
  const answer = await fetch(url, { headers: HEADERS, credentials: "same-origin", signal })
  checkLogin(answer.headers.get("Witty-Login"))
  if (answer.status >= 500 || answer.status === 429) throw new Error(answer.statusText)
  if (!answer.headers.has("HX-Redirect")) return answer
  showEnded()
  return null
}

// what the agent asked for stands: an answer that was asked for before it came must not replace it
let actions = 0
document.addEventListener("htmx:before:swap", (event) => {
  const { target, response } = event.detail.ctx || {}
  checkLogin(response?.raw?.headers.get("Witty-Login"))
  if (response?.status < 400 && (target === "#main" || target?.id === "main")) actions += 1
})

export const refreshPage = () => askInTurn("page", askForPage)

async function askForPage(turn) {
  const address = location.href
  const before = actions
  const answer = await askForNearest(address)
  if (!answer || location.href !== address) return
  const html = answer.ok ? await answer.text() : ""
  if (actions !== before) {
    turn.more = true
    return
  }
  if (!html) return
  // signed in again in another tab
  if (hasEnded()) return location.reload()
  const shown = answer.headers.get("Witty-Url") ?? (sameAddress(answer.url, address) ? "" : answer.url)
  if (shown) history.replaceState(history.state, "", shown)
  await swapMain(html)
}

// the page of an address; what is there no more gives way to the page above it
async function askForNearest(address) {
  const url = new URL(address)
  let answer = await fetchHtml(url)
  while (answer?.status === 404 && url.pathname !== "/") {
    url.search = ""
    url.pathname = url.pathname.replace(/[^/]*\/?$/, "")
    answer = await fetchHtml(url)
  }
  return answer
}

const sameAddress = (one, other) => one.split("#")[0] === other.split("#")[0]

const parse = (html) => new DOMParser().parseFromString(html, "text/html")

// a page of a login that is over may be another agent's by now, and its forms would be refused
export function checkLogin(login) {
  if (login && login !== document.getElementById("live").dataset.login) location.reload()
}

// older messages that are being read stay
async function keepReading(fresh) {
  if (!document.querySelector(".wa-log.is-up")) return
  const { carryOver } = await import("inbox/reading.js")
  await carryOver(fresh)
}

async function swapMain(html) {
  const main = document.getElementById("main")
  const page = parse(html)
  const fresh = page.getElementById("main")
  // an answer without a main part is no screen of these: the browser goes there
  if (!fresh) return location.reload()
  await keepReading(fresh)
  if (page.title) document.title = page.title
  await htmx.swap({ sourceElement: main, target: "#main", swap: "innerMorph", text: fresh.innerHTML })
  delete main.dataset.awaited
  main.dataset.now = fresh.dataset.now
  const presence = page.getElementById("presence")
  if (presence) {
    await htmx.swap({ sourceElement: main, target: "#presence", swap: "outerMorph", text: presence.outerHTML })
  }
  document.getElementById("toasts").append(...(page.getElementById("told")?.children ?? []))
}

// `element`: a part that says its address in data-src
export function refreshPart(element) {
  const { id } = element
  if (id === "preview") return refreshPage()
  return askInTurn(id, async () => {
    if (!document.getElementById(id)) return
    const answer = await fetchHtml(element.dataset.src)
    if (!answer) return
    if (!answer.ok) return refreshPage()
    const fresh = parse(await answer.text()).getElementById(id)
    if (!fresh) return
    await keepReading(fresh)
    await htmx.swap({ sourceElement: element, target: `#${id}`, swap: "outerMorph", text: fresh.outerHTML })
  })
}
