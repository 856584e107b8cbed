// The variables of quick replies: {nombre}, {número de factura}. What they stand for is the server's
// (inbox/quick_replies/values.py); names are the same with and without accents, case and "_".
import { fold } from "common/fold.js"
import { words } from "inbox/words.js"

const VARIABLE = /\{([^{}\n]+)\}/g
const UNTIL_HOURS = [13, 20] // good morning, good afternoon; then good night

const nameOf = (written) => fold(written).replace(/_/g, " ").replace(/\s+/g, " ").trim()

// good morning: by the clock of who writes
function greeting() {
  const hour = new Date().getHours()
  const at = UNTIL_HOURS.findIndex((until) => hour < until)
  return words.greetings.split("|").at(at)
}

export function makeValues(known) {
  const values = new Map([[nameOf(words.greetingName), greeting()]])
  for (const [name, value] of Object.entries(known)) values.set(nameOf(name), value)
  return values
}

// A text cut at its variables: {text} and {name, value} in order; a value that is not known is "".
export function cutAtVariables(text, values) {
  const pieces = []
  let end = 0
  for (const match of text.matchAll(VARIABLE)) {
    if (!nameOf(match[1])) continue
    pieces.push({ text: text.slice(end, match.index) })
    pieces.push({ name: match[1].trim(), value: values.get(nameOf(match[1])) ?? "" })
    end = match.index + match[0].length
  }
  return [...pieces, { text: text.slice(end) }].filter((piece) => piece.text !== "")
}

// the names that have no value, each once
export function findMissing(text, values) {
  const missing = new Map()
  for (const { name, value } of cutAtVariables(text, values)) if (name && !value) missing.set(nameOf(name), name)
  return [...missing.values()]
}

// `answers`: what was said of those that were missing, by name
export function fillIn(text, values, answers = new Map()) {
  const said = new Map([...values, ...[...answers].map(([name, value]) => [nameOf(name), value])])
  return cutAtVariables(text, said)
    .map((piece) => piece.text ?? piece.value)
    .join("")
}
