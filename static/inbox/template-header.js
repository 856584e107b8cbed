// The file of a template's header, shown where it will stand in the message.
import { make } from "common/make.js"
import { whenShown } from "inbox/shown.js"

let address = ""

function showHeader(input) {
  const place = document.querySelector("[data-header-shown]")
  const file = input.files[0]
  if (!place || !file) return
  URL.revokeObjectURL(address)
  address = URL.createObjectURL(file)
  place.replaceChildren(makeHeader(input.dataset.header, file.name))
}

function makeHeader(kind, name) {
  if (kind === "IMAGE") return make("img", { src: address, alt: name })
  if (kind === "VIDEO") return make("video", { src: address, controls: true, "aria-label": name })
  return make("bdi", {}, name)
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-header]")) showHeader(event.target)
})

// a form that came anew with its file
whenShown(() => {
  for (const input of document.querySelectorAll("[data-header]")) {
    const shown = document.querySelector("[data-header-shown]")?.querySelector("img, video, bdi")
    if (input.files.length && !shown) showHeader(input)
  }
})
