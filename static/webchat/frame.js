// Around the conversation: who attends, and how the connection is.
import { line } from "webchat/conversation.js"
import { fill, makeIcon, sayIn, words } from "webchat/page.js"

const OFFLINE_AFTER_MS = 3000

export function drawFrame() {
  drawHolder(line.agent)
  const { lostSince } = line.requests
  const wait = lostSince ? lostSince + OFFLINE_AFTER_MS - Date.now() : Infinity
  if (wait > 0 && wait < Infinity) setTimeout(drawFrame, wait + 50)
  sayIn("state", stateIn(wait))
  for (const control of document.forms.write.elements) control.disabled = line.isGone
}

function stateIn(wait) {
  if (line.isGone) return words.gone
  if (wait <= 0) return words.offline
  if (!line.typingUntil) return ""
  return line.typist ? fill(words.types, { name: line.typist }) : words.typing
}

function drawHolder(name) {
  const face = document.getElementById("face")
  document.getElementById("holder").textContent = name ? fill(words.attends, { name }) : words.assistant
  if (face.dataset.name === name) return
  face.dataset.name = name
  face.replaceChildren(name ? [...name][0].toUpperCase() : makeIcon("robot"))
}
