// A preview comes alone, beside the list that stays. Where another screen has come in between, the page is asked for.
import { refreshPage } from "inbox/refresh.js"

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx?.response?.raw?.headers.get("Witty-Part") !== "preview") return
  if (document.getElementById("preview")?.dataset.src !== location.pathname) refreshPage()
})
