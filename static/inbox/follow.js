// A chat that one goes to by a key is the one that one writes in next.
export function followToChat(link) {
  const watch = ({ detail: { ctx } }) => {
    if (ctx?.sourceElement !== link) return
    document.removeEventListener("htmx:after:swap", watch)
    setTimeout(() => document.querySelector(".wa-pane.is-active textarea")?.focus())
  }
  document.addEventListener("htmx:after:swap", watch)
  link.click()
}
