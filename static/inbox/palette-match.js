// Whether a name is what was typed, how nearly, and which of its letters say so.
import { fold, foldLetters } from "common/fold.js"
import { make } from "common/make.js"

const [BEGINS, WORD, WITHIN, SCATTERED] = [0, 1, 2, 4]
const NEARLY_FROM = 3 // letters: less is nearly anything

// {score: the less the better, spans: [[from, to], …]}; null: it is not
export function matchOf(name, typed) {
  const words = fold(typed).split(/\s+/).filter(Boolean)
  const { folded, places } = foldLetters(name)
  let score = 0
  const spans = []
  for (const word of words) {
    const match = matchWord(folded, word)
    if (!match) return null
    score += match.score
    spans.push(...match.at.map(([from, to]) => [places[from], places[to]]))
  }
  return { score, spans: spans.toSorted(([one], [other]) => one - other) }
}

function matchWord(text, word) {
  const starts = [...text.matchAll(/[\p{L}\p{N}]+/gu)].map(({ index }) => index)
  const start = starts.find((index) => text.startsWith(word, index))
  if (start !== undefined) return { score: start ? WORD : BEGINS, at: [[start, start + word.length]] }
  const at = text.indexOf(word)
  if (at >= 0) return { score: WITHIN, at: [[at, at + word.length]] }
  if (word.length < NEARLY_FROM) return null
  return starts.map((index) => scatter(text, word, index)).find(Boolean) ?? null
}

// its letters in this order, from the beginning of a word on
function scatter(text, word, start) {
  const at = []
  let place = start
  for (const letter of word) {
    const found = at.length ? text.indexOf(letter, place) : text[start] === letter ? start : -1
    if (found < 0) return null
    at.push([found, found + letter.length])
    place = found + letter.length
  }
  return { score: SCATTERED + (at.at(-1)[1] - start) / 100, at }
}

export function markName(place, spans) {
  const text = place.textContent
  const parts = []
  let done = 0
  for (const [from, to] of spans) {
    if (from < done) continue
    parts.push(text.slice(done, from), make("mark", { class: "wa-hit" }, text.slice(from, to)))
    done = to
  }
  place.replaceChildren(...parts, text.slice(done))
}
