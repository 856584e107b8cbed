// Where the focus goes: to the composer after taking and undoing, to the next one to answer after a chat has left, to
// the next row where one is lost, and back to where it was after what was refused.
import { isMove } from "inbox/acting.js"
import { refreshPage } from "inbox/refresh.js"
import { whenShown } from "inbox/shown.js"

const MANY = /\/many\/(undo\/)?$/
const TAKES = /\/(take|take-next|template|undo|wake)\/$/
const STALE = [403, 404, 409] // what is on the screen is out of date
const NEXT = ["#tabs .wa-tab.is-unread", ".wa-pane.is-active .empty button.btn-primary", "[data-key-next]", "#main"]
const CHOSEN = [".wa-row[aria-current]", ".wa-row"]

const isLost = () => [null, document.body].includes(document.activeElement)
const chatIn = (element) => element?.closest?.(".wa-rows > li, #preview, .wa-pane")

function focusFirst(selectors) {
  for (const selector of selectors) {
    const found = [...document.querySelectorAll(selector)].find((one) => one.checkVisibility())
    if (found) return found.focus()
  }
}

// --- moves -----------------------------------------------------------------------------------------

const before = new WeakMap() // request → what had the focus when it was sent

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (!isMove(ctx)) return
  const row = chatIn(ctx.sourceElement)?.closest(".wa-rows > li") ?? chosenRow()
  before.set(ctx, { element: document.activeElement, heirs: heirsOf(row) })
})

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (!before.has(ctx) || ctx.response.status !== 200) return
  before.delete(ctx)
  const taken = TAKES.test(ctx.request.action) && document.querySelector(".wa-pane.is-active textarea")
  if (MANY.test(ctx.request.action)) document.getElementById("t-results")?.focus()
  else if (taken) taken.focus()
  else focusFirst(document.querySelector(".wa-rows") ? CHOSEN : NEXT)
})

// refused, or nobody waits: what may no longer be seen goes, the rest stays as it was
document.addEventListener("htmx:finally:request", async ({ detail: { ctx } }) => {
  const had = before.get(ctx)
  if (!had || !ctx.response) return
  before.delete(ctx)
  if (STALE.includes(ctx.response.status)) await refreshPage()
  // the button that was pressed is enabled again only after this event
  setTimeout(() => restoreFocus(had))
})

function restoreFocus({ element, heirs }) {
  const isGone = heirs.length > 0 && !document.getElementById(heirs[0])
  if (isGone) return focusHeir(heirs)
  if (!isLost()) return
  if (element?.isConnected && element !== document.body) element.focus()
  else focusFirst([".wa-pane.is-active textarea", ...CHOSEN, ".wa-pane.is-active button.btn-primary", "#main"])
}

// not by the browser: the address would keep it
document.addEventListener("click", (event) => {
  const skip = event.target.closest?.("[data-skip]")
  if (!skip) return
  event.preventDefault()
  document.querySelector(skip.hash)?.focus()
})

// --- rows that leave -------------------------------------------------------------------------------

const chosenRow = () => document.querySelector(".wa-rows .wa-row[aria-current]")?.closest("li")

// the ids of a row, of those after it, and of those before it from the nearest on
function heirsOf(row) {
  if (!row) return []
  const ids = [...row.parentElement.children].map((one) => one.id)
  const at = ids.indexOf(row.id)
  return [...ids.slice(at), ...ids.slice(0, at).reverse()]
}

function focusHeir(heirs) {
  const id = heirs.find((one) => document.getElementById(one))
  if (id) document.getElementById(id).querySelector(".wa-row").focus()
  else focusFirst([...CHOSEN, "#main"])
}

let held = [] // the row that has the focus, and its heirs
let shown = "" // the chat in the preview that has it

document.addEventListener("focusin", (event) => {
  held = heirsOf(event.target.closest(".wa-rows > li"))
  shown = event.target.closest("#preview")?.dataset.src ?? ""
})
document.addEventListener("focusout", ({ target }) => {
  // one that is taken out of the page says so before it is out: only one that is still there was left
  setTimeout(() => {
    if (target.isConnected && isLost()) held = []
  })
})

whenShown(() => {
  if (held.length && isLost() && !document.getElementById(held[0])) focusHeir(held)
  // the buttons of a preview are another customer's now: they must not be pressed for the one before
  const preview = document.activeElement?.closest("#preview") ?? (isLost() && document.getElementById("preview"))
  if (shown && preview && preview.dataset.src !== shown) focusFirst(CHOSEN)
})
