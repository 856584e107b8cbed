// The files of a message: pictures are shown, everything else is offered to be saved.
import { make } from "common/make.js"
import { line } from "webchat/conversation.js"
import { fill, makeIcon, makeSmallIcon, sizeOf, words } from "webchat/page.js"

const SECONDS = 180
const PICTURE = /^image\/(png|jpeg|gif|webp)$/

// `file`: as the server knows it, or with a `blob` that is not up yet
export function makeAttachment(file) {
  const isPicture = file.blob ? PICTURE.test(file.mime) : Boolean(file.width)
  return isPicture ? makePicture(file) : makeDownload(file)
}

function makePicture(file) {
  const { name, width, height } = file
  const holder = make("div", { class: "w-pic" })
  const url = file.blob ? Promise.resolve(URL.createObjectURL(file.blob)) : fetchPicture(file)
  url.then(
    (href) => {
      const image = make("img", { src: href, alt: fill(words.picture, { name }), width, height })
      holder.replaceChildren(make("a", { href, target: "_blank", rel: "noopener" }, image))
    },
    () => holder.replaceChildren(makeBroken(() => holder.replaceWith(makePicture(file)))),
  )
  return holder
}

// A picture's bytes, asked for once: the identity is a header, which an <img> cannot send.
function fetchPicture(file) {
  const { pictures } = line.outbox
  if (!pictures.has(file.id)) {
    const url = fetchBytes(file).then((blob) => URL.createObjectURL(blob))
    pictures.set(file.id, url)
    url.catch(() => pictures.delete(file.id))
  }
  return pictures.get(file.id)
}

async function fetchBytes(file) {
  const { status, answer } = await line.requests.ask(`files/${file.id}/`, { asBlob: true, seconds: SECONDS })
  if (status !== 200) throw new Error(words.broken)
  return answer
}

function makeBroken(again) {
  const button = make("button", { type: "button", class: "w-link" }, words.retry)
  button.addEventListener("click", again)
  return make("p", { class: "w-fail" }, makeSmallIcon("alert-circle"), words.broken, " ", button)
}

function makeDownload(file) {
  const { name } = file
  const title = make("span", {}, make("b", {}, name), make("span", { class: "w-meta" }, sizeOf(file.size)))
  if (file.blob) return make("div", { class: "w-doc" }, makeIcon("file-text"), title)
  const label = fill(words.download, { name })
  const button = make("button", { type: "button", class: "w-doc", "aria-label": label }, makeIcon("download"), title)
  button.addEventListener("click", () => download(file, button))
  return button
}

async function download(file, button) {
  button.disabled = true
  const failure = button.nextElementSibling?.matches(".w-fail") ? button.nextElementSibling : null
  try {
    // as bytes without a type: whatever it is, the browser saves it and never runs it
    const blob = new Blob([await fetchBytes(file)], { type: "application/octet-stream" })
    const href = URL.createObjectURL(blob)
    make("a", { href, download: file.name }).click()
    setTimeout(() => URL.revokeObjectURL(href), 60_000)
    failure?.remove()
  } catch {
    if (!failure) button.after(make("p", { class: "w-fail" }, makeSmallIcon("alert-circle"), words.broken))
  }
  button.disabled = false
}
