// A refused action: the toast comes by itself; the row or pane that it was about is out of date.
import { refreshPage } from "inbox/refresh.js"
import { words } from "inbox/words.js"
import { showToast } from "common/toast.js"

document.addEventListener("htmx:response:error", (event) => {
  const status = event.detail.ctx.response?.status
  if (status === 409 || status === 404) refreshPage()
  else if (status >= 500) showToast({ level: "error", title: words.failed, text: "" })
})

// htmx would put the address of the refused form into the address bar, and the page would then be asked for there
document.addEventListener("htmx:before:history:update", (event) => {
  if (event.detail.response?.status >= 400) event.preventDefault()
})
