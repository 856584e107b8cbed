// Back and Forward: what is shown is what the server says of the address now, never what the browser has kept. A chat
// may have moved since.
import { refreshPage } from "inbox/refresh.js"

document.addEventListener("htmx:before:history:restore", (event) => {
  event.preventDefault()
  for (const open of document.querySelectorAll("dialog[open]")) open.close()
  // what stands there belongs to another address: without an answer it goes (screens.css)
  document.getElementById("main").dataset.awaited = ""
  refreshPage()
})

// a page out of the browser's cache has slept: it is blank until the server has been asked
addEventListener("pagehide", (event) => document.documentElement.classList.toggle("is-asleep", event.persisted))
addEventListener("pageshow", (event) => event.persisted && location.reload())
