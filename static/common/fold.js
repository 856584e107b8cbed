// Text as people search it: without accents and case.
export const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()

// Each letter folded, with its place in the text: {folded, places}.
export function foldLetters(text) {
  let folded = ""
  const places = []
  let at = 0
  for (const letter of text) {
    for (const one of fold(letter)) {
      folded += one
      for (let unit = 0; unit < one.length; unit++) places.push(at)
    }
    at += letter.length
  }
  places.push(text.length)
  return { folded, places }
}
