// Which quick replies are meant by what was typed: by shortcut, title and text, in that order; then by what is nearly
// it. Within one kind of match the most used first; then mine, the trays', everyone's.
import { fold, foldLetters } from "common/fold.js"

const WORDS = /[^\p{L}\p{N}]+/u
const NEARLY_FROM = 3 // letters: less is nearly anything
const TYPO_FROM = 4
const [SHORTCUT, IN_SHORTCUT, TITLE, IN_TITLE, IN_TEXT, NEARLY] = [0, 1, 2, 3, 4, 5]

const splitWords = (text) => fold(text).split(WORDS).filter(Boolean)

export function findReplies(replies, typed) {
  const query = splitWords(typed)
  const found = []
  for (const reply of replies) {
    const match = query.length ? matchOf(reply, query) : SHORTCUT
    if (match !== null) found.push({ reply, match })
  }
  return found.sort(compare).map(({ reply }) => reply)
}

const compare = (one, other) =>
  one.match - other.match ||
  other.reply.times - one.reply.times ||
  one.reply.rank - other.reply.rank ||
  one.reply.title.localeCompare(other.reply.title)

function matchOf(reply, query) {
  // folded once, as every key asks for it
  const { shortcut, title, text } = (reply.folded ??= foldReply(reply))
  const slug = query.join("-")
  if (shortcut.startsWith(slug)) return SHORTCUT
  if (shortcut.includes(slug)) return IN_SHORTCUT
  if (query.every((word) => title.some((one) => one.startsWith(word)))) return TITLE
  const all = title.join(" ")
  if (query.every((word) => all.includes(word))) return IN_TITLE
  if (query.every((word) => all.includes(word) || shortcut.includes(word) || text.includes(word))) return IN_TEXT
  return isNearly(query.join(""), shortcut, title) ? NEARLY : null
}

const foldReply = ({ shortcut, title, text }) => ({
  shortcut: fold(shortcut),
  title: splitWords(title),
  text: fold(text),
})

function isNearly(typed, shortcut, title) {
  if (typed.length < NEARLY_FROM) return false
  const words = [...shortcut.split("-"), ...title]
  // its letters in this order, from the beginning of a word on
  const runs = [shortcut, title.join(" ")].flatMap((all) => all.split(WORDS).map((_, at, parts) => parts.slice(at)))
  if (runs.some((parts) => followsIn(parts.join(""), typed))) return true
  return typed.length >= TYPO_FROM && words.some((word) => isOneOff(typed, word.slice(0, typed.length + 1)))
}

function followsIn(text, typed) {
  if (text[0] !== typed[0]) return false
  let at = 0
  for (const letter of text) if (letter === typed[at]) at++
  return at === typed.length
}

// one letter more, less, other, or two turned round, at the beginning of a word
function isOneOff(typed, word) {
  let same = 0
  while (same < typed.length && typed[same] === word[same]) same++
  const [left, there] = [typed.slice(same), word.slice(same)]
  const turned = left.length > 1 && left[1] === there[0] && left[0] === there[1]
  const rests = [
    [left.slice(1), there.slice(1)],
    [left.slice(1), there],
    [left, there.slice(1)],
    ...(turned ? [[left.slice(2), there.slice(2)]] : []),
  ]
  return rests.some(([mine, theirs]) => theirs.startsWith(mine))
}

// Where what was typed stands in a text, for marks: [[from, to], …] in order, none over another.
export function findHits(text, typed) {
  const { folded, places } = foldLetters(text)
  const spans = []
  for (const word of splitWords(typed)) {
    const at = folded.indexOf(word)
    if (at >= 0) spans.push([places[at], places[at + word.length]])
  }
  spans.sort(([one], [other]) => one - other)
  return spans.filter(([from], index) => !index || from >= spans[index - 1][1])
}
