// Toasts come from the page, from a swap into #toasts, or from an event "toast" (HX-Trigger or a script):
// {level: "error" | "success" | "info", title, text, action: {label, url, post}}. Errors stay until dismissed.
{
  const STAYS = 6000
  const box = document.getElementById("toasts")

  function show({level, title, text, action}) {
    const template = document.getElementById(`toast-${level}`) ?? document.getElementById("toast-info")
    const toast = template.content.cloneNode(true).firstElementChild
    toast.querySelector("[data-toast-title]").textContent = title ?? ""
    toast.querySelector("[data-toast-text]").textContent = text ?? ""
    if (action) toast.querySelector(".wa-grow").append(link(action))
    box.append(toast)
    htmx.process(toast)
  }

  function link({label, url, post}) {
    const element = document.createElement(post ? "button" : "a")
    element.className = "wa-link wa-dense"
    element.textContent = label
    if (post) {
      element.type = "button"
      element.setAttribute("hx-post", url)
      // outside of main: what main's forms inherit is said again
      for (const name of ["target", "select"]) element.setAttribute(`hx-${name}`, "#main")
      element.setAttribute("hx-swap", "outerMorph")
      element.setAttribute("hx-status:4xx", "swap:none")
      element.addEventListener("htmx:after:request", () => element.closest(".toast")?.remove())
    } else {
      element.href = url
    }
    return element
  }

  function leaveLater(toast) {
    if (toast.dataset.level === "error") return
    let timer
    const stop = () => clearTimeout(timer)
    const start = () => {
      stop()
      timer = setTimeout(() => toast.remove(), STAYS)
    }
    toast.addEventListener("pointerenter", stop)
    toast.addEventListener("focusin", stop)
    toast.addEventListener("pointerleave", start)
    toast.addEventListener("focusout", start)
    start()
  }

  if (box) {
    box.querySelectorAll(".toast").forEach(leaveLater)
    new MutationObserver(changes => {
      for (const {addedNodes} of changes) {
        for (const node of addedNodes) if (node.matches?.(".toast")) leaveLater(node)
      }
    }).observe(box, {childList: true})
    document.addEventListener("click", event => event.target.closest("[data-dismiss=toast]")?.closest(".toast").remove())
    document.addEventListener("toast", event => show(event.detail))
  }
}
