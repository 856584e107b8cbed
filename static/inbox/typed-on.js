// A chat that somebody else moves takes its text away under the agent's fingers: what is typed on is for nobody, and
// no key of ours or of the button that has the focus now, until the hands have rested.
const TYPING = "input, textarea, select, [contenteditable]"
const RESTED_MS = 2000
const ON_PURPOSE = ["Enter", "Escape", "Tab"] // how one leaves a text
const HELD = ["Control", "Shift", "Alt", "Meta", "AltGraph"] // they write nothing
let field = null // what was last typed into
let typedAt = 0

addEventListener(
  "keydown",
  (event) => {
    // Ctrl+K is meant wherever the text has gone; Ctrl+Enter was meant for the text
    const isCommand = (event.ctrlKey || event.metaKey) && !event.altKey && event.key !== "Enter"
    if (isCommand || HELD.includes(event.key)) return
    const typing = event.target.closest?.(TYPING)
    const isTypedOn = !typing && field && !field.isConnected && event.timeStamp - typedAt < RESTED_MS
    if (!typing && (!isTypedOn || event.key === "Escape")) return (field = null)
    typedAt = event.timeStamp
    if (typing) return (field = ON_PURPOSE.includes(event.key) ? null : typing)
    event.preventDefault()
    event.stopImmediatePropagation()
  },
  true,
)

addEventListener("pointerdown", () => (field = null), true)
