// The page of a part of a thread opens at what it was asked around; any other one at its end, by its layout.
import { whenShown } from "inbox/shown.js"

let shown = ""

function showFound() {
  const number = document.querySelector("[data-reading]")?.dataset.found ?? ""
  if (number === shown) return
  shown = number
  const line = document.getElementById(`m-${number}`)
  line?.classList.add("is-found")
  line?.scrollIntoView({ block: "center" })
}
showFound()
whenShown(showFound)
