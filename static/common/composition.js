// While a word is being composed (Japanese, Chinese, Korean, accents, dictation), keys belong to the input method: no
// script of ours hears them, so Enter sends nothing, picks nothing and Escape closes nothing.
const JUST_MS = 100
let endedAt = -Infinity

addEventListener("compositionend", () => (endedAt = performance.now()), true)
addEventListener("keyup", () => (endedAt = -Infinity), true)

addEventListener(
  "keydown",
  (event) => {
    const isComposing = event.isComposing || event.keyCode === 229
    // Safari ends the word before it tells of the Enter that ended it
    const hasEnded = event.key === "Enter" && performance.now() - endedAt < JUST_MS
    endedAt = -Infinity
    if (!isComposing && !hasEnded) return
    event.stopImmediatePropagation()
    // nor does the form of a single line leave by itself
    if (event.key === "Enter") event.preventDefault()
  },
  true,
)
