// Links in what is said, by the same rules as the agents' pages (inbox/templatetags/links.py): http and https only, no
// name before the host, a host in letters that look like others in ASCII.
import { make } from "common/make.js"

const UNSEEN =
  "\\0-\\x20\\x7f-\\xa0\\xad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202f\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb"
const ADDRESS = new RegExp(`(https?://[^\\s<>"\\\\^\`{|}${UNSEEN}]+)`, "i")
const PLAIN = /^[a-z0-9.\-ß-öø-ÿ]+$/i
const AFTER = new Set(".,;:!?'\"*_~)]»”’…")
const OPENS = { ")": "(", "]": "[" }
const REL = "noopener noreferrer nofollow"

export function linkAddresses(text) {
  return text.split(new RegExp(ADDRESS, "gi")).flatMap((part, index) => (index % 2 ? linkOne(part) : [part]))
}

function linkOne(found) {
  const address = withoutWhatFollows(found)
  const shown = shownAddress(address)
  if (!shown) return [found]
  const link = make("a", { href: address, dir: "ltr", target: "_blank", rel: REL }, shown)
  return [link, found.slice(address.length)]
}

const count = (text, sign) => text.split(sign).length - 1

function withoutWhatFollows(found) {
  let address = found
  while (address && AFTER.has(address.at(-1))) {
    const last = address.at(-1)
    if (OPENS[last] && count(address, OPENS[last]) >= count(address, last)) break
    address = address.slice(0, -1)
  }
  return address
}

// "": no safe link
function shownAddress(address) {
  const [, start, authority, rest] = /^(https?:\/\/)([^/?#]*)(.*)$/i.exec(address) ?? []
  if (!authority || authority.includes("@") || !URL.canParse(address)) return ""
  const named = authority.replace(/:\d*$/, "").normalize("NFC")
  if (PLAIN.test(named) || named.startsWith("[")) return address
  return `${start}${new URL(address).host}${rest}`
}
