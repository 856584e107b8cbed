// A refused action: the toast comes by itself, what it was about is asked for anew (focus.js), the address stays.
import { isMove } from "inbox/acting.js"
import { refreshPage } from "inbox/refresh.js"
import { words } from "inbox/words.js"
import { showToast } from "common/toast.js"

// a form that has left the page meanwhile inherits nothing any more: its refusal would be swapped in, and be nothing
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (!ctx.sourceElement.isConnected) ctx.sourceElement = document.getElementById("main")
})

document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  const status = ctx.response?.status
  if ([403, 404, 409].includes(status) && !isMove(ctx)) refreshPage()
  else if (status >= 500) showToast({ level: "error", title: words.failed, text: "" })
})

// htmx would put the address of the refused form into the address bar, and the page would then be asked for there
document.addEventListener("htmx:before:history:update", (event) => {
  if (event.detail.response?.status >= 400) event.preventDefault()
})
