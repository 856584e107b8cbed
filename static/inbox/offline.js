// Without a network nothing but words waits (outbox.js): a move, a form or a page says plainly that it was not done.
import { showToast } from "common/toast.js"
import { words } from "inbox/words.js"

const tell = (isForm) => showToast({ level: "error", title: isForm ? words.notDone : words.noPage, text: "" })

// what the browser would leave the page for, and show its own page instead
document.addEventListener("submit", (event) => {
  if (navigator.onLine || event.defaultPrevented) return
  event.preventDefault()
  tell(event.target.method === "post")
})

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]")
  const isOurs = link && link.origin === location.origin && !link.target && !link.hash
  if (navigator.onLine || event.defaultPrevented || !isOurs) return
  event.preventDefault()
  tell(false)
})

// what HTMX asked for and got no answer to
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (!ctx?.request || ctx.response) return
  tell(ctx.request.method?.toUpperCase() === "POST")
})
