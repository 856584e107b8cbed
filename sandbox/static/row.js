// One message of the conversation, with what can be done with it.
import { make, timeOf, words } from "./dom.js"
import { makeMedia, textOf } from "./entry.js"
import { attempt } from "./requests.js"
import { edit, quote, write } from "./writing.js"

const TICKS = { sent: "✓", delivered: "✓✓", read: "✓✓", failed: "!" }
const EMOJI = ["👍", "❤️", "😂", "🙏"]

// `all`: the thread that it stands in
export function makeRow(entry, all) {
  const isMine = entry.side === "customer"
  const answered = all.find((one) => one.id === entry.reply_to)
  const bubble = make(
    "div",
    { className: "bubble" },
    answered ? make("div", { className: "quote", textContent: textOf(answered) || answered.kind }) : null,
    makeMedia(entry),
    make("div", { className: "text", textContent: textOf(entry) || (entry.media ? "" : entry.kind) }),
    makeMeta(entry, isMine),
    makeMenu(entry, isMine),
  )
  const reactions = Object.values(entry.reactions || {})
    .filter(Boolean)
    .join(" ")
  return make(
    "li",
    { className: isMine ? "mine" : "" },
    bubble,
    makeChoices(entry),
    reactions ? make("span", { className: "reactions", textContent: reactions }) : null,
  )
}

function makeMeta(entry, isMine) {
  const { times, accepted, payload, at, status } = entry
  const say = (className, textContent) => make("span", { className, textContent })
  const tick = isMine || !TICKS[status] ? null : say(`tick ${status}`, TICKS[status])
  if (tick) tick.title = words[status] || ""
  return make(
    "div",
    { className: "meta" },
    times > 1 ? say("bad", words.twice.replace("{n}", times)) : null,
    isMine && !accepted ? say("bad", words.unposted) : null,
    payload?.edited ? say("", words.edited) : null,
    say("", timeOf(at)),
    tick,
  )
}

function makeChoices(entry) {
  if (!entry.choices) return null
  return make(
    "div",
    { className: "choices" },
    ...entry.choices.map((choice, place) => makeChoice(entry, choice, place)),
  )
}

function makeChoice({ id }, { title, description, kind }, place) {
  const what = kind === "key" ? { text: title } : { kind: "choice", target: id, choice: place }
  const button = make("button", { type: "button", textContent: title, onclick: attempt(() => write(what)) })
  if (description) button.append(make("small", { textContent: description }))
  button.disabled = kind === "url"
  return button
}

function makeMenu(entry, isMine) {
  const { id, text, reactions } = entry
  const menu = make("div", { className: "menu" })
  const react = (emoji) => write({ kind: "reaction", target: id, emoji: reactions?.customer === emoji ? "" : emoji })
  const buttons = EMOJI.map((emoji) => makeItem(emoji, () => react(emoji)))
  if (entry.side === "line") menu.append(make("div", { className: "emojis", ariaLabel: words.react }, ...buttons))
  menu.append(makeItem(words.reply, () => quote(entry)))
  if (isMine && text) menu.append(makeItem(words.edit, () => edit(entry)))
  if (isMine) menu.append(makeItem(words.withdraw, () => write({ kind: "withdrawal", target: id })))
  const opener = make("summary", { textContent: "⋯", ariaLabel: words.more })
  return make("details", { className: "acting", name: "acting" }, opener, menu)
}

// the menu closes first: while one is open, the conversation is not drawn anew
function makeItem(textContent, work) {
  const onclick = attempt(async (event) => {
    event.target.closest("details").open = false
    await work()
  })
  return make("button", { type: "button", textContent, onclick })
}
