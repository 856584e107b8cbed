// Toasts come from the page, from a swap into #toasts, from a script (showToast), or from the server's event "toast":
// {level: "error" | "success" | "info", title, text, action: {label, url, post, file}}. Errors stay until dismissed.
import { make } from "common/make.js"

const STAYS_MS = 6000
const box = document.getElementById("toasts")

export function showToast({ level, title, text, action }) {
  // the pages of those who are not signed in have no place for it
  if (!box) return
  const template = document.getElementById(`toast-${level}`) ?? document.getElementById("toast-info")
  const toast = template.content.cloneNode(true).firstElementChild
  toast.querySelector("[data-toast-title]").textContent = title ?? ""
  toast.querySelector("[data-toast-text]").textContent = text ?? ""
  if (action) toast.querySelector(".wa-grow").append(makeAction(action))
  box.append(toast)
  htmx.process(toast)
}

function makeAction({ label, url, post, file }) {
  if (file) return make("a", { class: "wa-link wa-dense", href: url, download: "", "hx-boost": "false" }, label)
  if (!post) return make("a", { class: "wa-link wa-dense", href: url }, label)
  // outside of main: what main's forms inherit is said again
  const swap = { "hx-target": "#main", "hx-select": "#main", "hx-swap": "outerMorph", "hx-status:4xx": "swap:none" }
  const button = make("button", { class: "wa-link wa-dense", type: "button", "hx-post": url, ...swap }, label)
  button.addEventListener("htmx:after:request", () => button.closest(".toast")?.remove())
  return button
}

function leaveLater(toast) {
  if (toast.dataset.level === "error") return
  let timer
  const stop = () => clearTimeout(timer)
  const start = () => {
    stop()
    timer = setTimeout(() => toast.remove(), STAYS_MS)
  }
  toast.addEventListener("pointerenter", stop)
  toast.addEventListener("focusin", stop)
  toast.addEventListener("pointerleave", start)
  toast.addEventListener("focusout", start)
  start()
}

if (box) {
  box.querySelectorAll(".toast").forEach(leaveLater)
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) if (node.matches?.(".toast")) leaveLater(node)
    }
  }).observe(box, { childList: true })
  document.addEventListener("click", (event) =>
    event.target.closest("[data-dismiss=toast]")?.closest(".toast").remove(),
  )
  document.addEventListener("toast", (event) => showToast(event.detail))
}
