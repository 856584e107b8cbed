// What one message says, in text and as a picture, sound, film or file.
import { make, words } from "./dom.js"

export function textOf({ kind, text, payload }) {
  const said = payload || {}
  if (said.withdrawn) return words.withdrawn
  if (kind === "location") return `📍 ${said.name || text || ""} ${said.latitude ?? ""} ${said.longitude ?? ""}`.trim()
  if (kind === "contact" || kind === "contacts") return `👤 ${text || said.name || words.contact}`
  if (kind === "unsupported") return words.unsupported
  return text || ""
}

export function makeMedia({ media, mime = "", name, payload }) {
  if (!media || payload?.withdrawn) return null
  const src = `/sandbox/files/${media}`
  const [family] = (mime || "").split("/")
  if (family === "image") return make("img", { src, alt: name || words.image })
  if (family === "audio" || family === "video") return make(family, { src, controls: true })
  const title = name || payload?.filename || words.document
  return make("a", { href: src, target: "_blank", textContent: `📄 ${title}` })
}
