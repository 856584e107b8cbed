// The web chat's panel: draws what the line holds and hands it what the visitor does.
import "common/composition.js"
import { line } from "webchat/conversation.js"
import { drawFrame } from "webchat/frame.js"
import { log } from "webchat/page.js"
import { drawThread } from "webchat/thread.js"
import "webchat/composer.js"
import "webchat/host.js"

let isDrawing = false

function draw() {
  drawThread()
  drawFrame()
}

// once for all that changes in one go
line.addEventListener("change", () => {
  if (isDrawing) return
  isDrawing = true
  queueMicrotask(() => {
    isDrawing = false
    draw()
  })
})

log.setAttribute("aria-busy", "true")
line.start().finally(() => log.removeAttribute("aria-busy"))
draw()
