// What only some pages need comes when the first of them is shown: half of all scripts.
import { whenShown } from "inbox/shown.js"

const NEEDED = new Map([
  // whoever reads a chat may write in it next
  [".wa-thread, form[data-composer], dialog [data-header]", () => import("inbox/composing.js")],
  ["[data-reading][data-found]", () => import("inbox/found-line.js")],
  ["[data-search]", () => import("inbox/search.js")],
  ['[data-screen="respuestas"]', () => import("inbox/quick-editor.js")],
  ['[data-screen="contacto"]', () => import("inbox/contact-card.js")],
  ["#first-steps", () => import("common/copy-of.js")],
  ['[data-screen="ajustes"]', () => import("inbox/settings-page.js")],
])

function fetchNeeded() {
  for (const [place, load] of NEEDED) {
    if (!document.querySelector(place)) continue
    NEEDED.delete(place)
    // where the network did not let it through, the next part that is shown asks again
    load().catch(() => NEEDED.set(place, load))
  }
}
if (matchMedia("(any-pointer: coarse)").matches) NEEDED.set(".wa-pick", () => import("inbox/long-press.js"))
fetchNeeded()
whenShown(fetchNeeded)
