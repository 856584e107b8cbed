// The files of a message: pictures are shown, sound is played, everything else is offered to be saved.
import { make } from "common/make.js"
import { line } from "webchat/conversation.js"
import { fill, makeIcon, makeSmallIcon, sizeOf, words } from "webchat/page.js"

const SECONDS = 180
const PICTURE = /^image\/(png|jpeg|gif|webp)$/
const SOUND = /^audio\//

// `file`: as the server knows it, or with a `blob` that is not up yet
export function makeAttachment(file) {
  const isPicture = file.blob ? PICTURE.test(file.mime) : Boolean(file.width)
  if (isPicture) return makePicture(file)
  return SOUND.test(file.mime) && !file.blob ? makeSound(file) : makeDownload(file)
}

// As a picture's, its bytes are asked for by a request; in a box where the browser can go back and forth in them.
function makeSound(file) {
  const label = fill(words.sound, { name: file.name })
  const player = make("audio", { class: "w-audio", controls: true, "aria-label": label })
  const holder = make("div", {}, player)
  fetchOnce(file).then(
    (src) => {
      player.src = src
      player.addEventListener("error", () => holder.replaceChildren(makeDownload(file)))
    },
    () => holder.replaceChildren(makeBroken(() => holder.replaceWith(makeSound(file)))),
  )
  return holder
}

function makePicture(file) {
  const { name, width, height } = file
  const holder = make("div", { class: "w-pic" })
  const url = file.blob ? Promise.resolve(URL.createObjectURL(file.blob)) : fetchOnce(file)
  url.then(
    (href) => {
      const image = make("img", { src: href, alt: fill(words.picture, { name }), width, height })
      holder.replaceChildren(make("a", { href, target: "_blank", rel: "noopener" }, image))
    },
    () => holder.replaceChildren(makeBroken(() => holder.replaceWith(makePicture(file)))),
  )
  return holder
}

// The bytes of what is shown, asked for once: the identity is a header, which an <img> or <audio> cannot send.
function fetchOnce(file) {
  const { shown } = line.outbox
  if (!shown.has(file.id)) {
    const url = fetchBytes(file).then((blob) => URL.createObjectURL(blob))
    shown.set(file.id, url)
    url.catch(() => shown.delete(file.id))
  }
  return shown.get(file.id)
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
