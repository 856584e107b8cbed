// News for the agent, told once: an answer in a chat that one holds, a chat that came into one of one's trays.
// What stands before one's eyes is not told; what comes together is told together.
import { showToast } from "common/toast.js"
import { claimNews } from "inbox/notices/claims.js"
import { showNotice } from "inbox/notices/desktop.js"
import { playSound } from "inbox/notices/sound.js"
import { showNews } from "inbox/notices/title.js"
import { say } from "inbox/socket.js"
import { isQuiet, ownSettings, wants } from "inbox/own-settings.js"
import { isVisible } from "inbox/sight.js"
import { words } from "inbox/words.js"

const JOINED_MS = 700
const MAX_NAMES = 3
let joined = [] // claimed here and not told yet

const isShown = (selector) => selector && !document.hidden && isVisible(selector)

// a head of the agent's own group: the customer wrote
export function tellAnswer({ g, n, chat, name, text }) {
  const sight = `.wa-pane[data-chat="${chat}"], #preview [data-chat="${chat}"]`
  const body = (ownSettings().text && text) || words.answered
  return tell({ kind: "answer", key: `${g}:${n}`, sight, chat, name, body, url: `/chat/${chat}/` })
}

// a head of a tray: a chat came into it; `own`: the agent's personal one
export function tellArrival({ chat, step, tray, came, into, text, own }) {
  const kind = own ? "mine" : "trays"
  if (document.hidden) showNews(kind)
  const body = (ownSettings().text && text) || words.cameInto.replace("%s", into)
  const url = `/bandejas/${tray}/${chat}/`
  return tell({ kind, key: `came:${chat}:${step}`, sight: `#rows-${tray}`, chat, name: came, into, body, url })
}

// a head of the agent's own group: a chat was given to the agent by itself
export function tellAssigned({ chat, assigned, from, name, text }) {
  if (document.hidden) showNews("mine")
  const body = (ownSettings().text && text) || words.assigned.replace("%s", from)
  const sight = `.wa-pane[data-chat="${chat}"]`
  return tell({ kind: "mine", key: `given:${assigned}`, sight, chat, name, body, url: `/chat/${chat}/` })
}

// a head of the agent's own group: a note names the agent; `unseen`: the contact of a chat that the agent may not see
export function tellMention({ mention, of, who, name, text, unseen }) {
  if (document.hidden) showNews("mention")
  const title = words.mentioned.replace("%s", who).replace("%n", name)
  const body = unseen ? words.unseen : (ownSettings().text && text) || words.inNote
  const url = unseen ? `/contactos/${unseen}/` : `/chat/${of}/`
  const sight = `.wa-pane[data-chat="${of}"]`
  return tell({ kind: "mention", key: `@:${mention}`, sight, chat: of, name: title, body, url })
}

// the same: the time has come that the agent asked for; also with the chat in view
export function tellReminder({ remind, of, who, about, back }) {
  if (document.hidden) showNews("reminder")
  const body = (ownSettings().text && about) || (back ? words.cameBack : words.reminder)
  return tell({ kind: "reminder", key: `remind:${remind}`, sight: "", chat: of, name: who, body, url: `/chat/${of}/` })
}

async function tell(news) {
  const isInSight = isShown(news.sight)
  if (!(await claimNews(news.key, isInSight))) return
  // somebody looks at the product: what is new is on the page
  if (!document.hidden) sayTold(news.kind, [news])
  if (isInSight || isQuiet()) return
  joined.push(news)
  if (joined.length === 1) setTimeout(tellJoined, JOINED_MS)
}

function tellJoined() {
  const all = joined
  joined = []
  const { sound, volume } = ownSettings()
  if (all.some(({ kind }) => wants(kind, "sound"))) playSound(sound, volume)
  for (const kind of ["answer", "mine", "trays", "mention", "reminder"]) {
    const some = all.filter((news) => news.kind === kind)
    if (some.length && wants(kind, "desktop")) show(kind, some)
  }
}

// no browser of this agent is told of it without a page (inbox/notices/pushing.py)
const sayTold = (kind, some) => say({ told: { [kind]: [...new Set(some.map(({ chat }) => chat))] } })

function show(kind, some) {
  const notice = describe(kind, some)
  if (document.hidden) {
    if (showNotice(notice)) sayTold(kind, some)
  } else if (kind !== "answer") {
    // of an answer the page itself says it (counts.js)
    const action = { label: words.open, url: notice.url }
    showToast({ level: "info", title: notice.title, text: notice.body, action })
  }
}

function describe(kind, some) {
  const last = new Map(some.map((news) => [news.chat, news]))
  const [first] = last.values()
  if (last.size === 1) {
    const { name, body, chat, url } = [...last.values()].at(-1)
    return { title: name, body, tag: `${kind}-${chat}`, url }
  }
  const { answeredMany: answer, givenMany: mine, mentionedMany: mention, remindedMany: reminder } = words
  const titles = { answer, mine, mention, reminder }
  const title = (titles[kind] ?? words.cameMany).replace("%n", last.size)
  const names = [...last.values()].map((news) => news.name)
  const body = names.slice(0, MAX_NAMES).join(", ") + (names.length > MAX_NAMES ? "…" : "")
  return { title, body, tag: kind, url: first.url.replace(/\d+\/$/, "") }
}
