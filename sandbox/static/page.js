// A person plays a customer. Everything that came from elsewhere is shown as text, never as markup.
import { choose, page } from "./chosen.js"
import { lookAtThread } from "./thread.js"
import { lookAround } from "./tools.js"

const HIDDEN_FACTOR = 5 // a page that nobody sees asks less often

async function repeat(work, pause) {
  for (;;) {
    try {
      await work()
    } catch {
      /* it is being restarted: the next look tells */
    }
    await new Promise((done) => setTimeout(done, document.hidden ? pause * HIDDEN_FACTOR : pause))
  }
}

choose(page.who)
repeat(lookAround, 1500)
repeat(lookAtThread, 1000)
