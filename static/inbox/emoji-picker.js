// The picker of emoji: search by Spanish words, those used last first. Escape closes it; the text has the focus again.
import { fold } from "common/fold.js"
import { make } from "common/make.js"
import { EMOJI } from "inbox/emoji-list.js"
import { me, words } from "inbox/words.js"

const KEY = `emoji:${me}`
const MAX_RECENT = 20
const MAX_FOUND = 60

function readRecent() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]")
  } catch {
    return []
  }
}

function noteUse(emoji) {
  const recent = [emoji, ...readRecent().filter((one) => one !== emoji)]
  localStorage.setItem(KEY, JSON.stringify(recent.slice(0, MAX_RECENT)))
}

export function openPicker(opener) {
  const { form } = opener
  const list = make("div", { class: "wa-emoji-list" })
  const search = make("input", { type: "search", class: "form-control", autocomplete: "off" })
  search.placeholder = search.ariaLabel = words.findEmoji
  // inside a form its letters would be taken for the message's
  search.setAttribute("form", "")
  const picker = make("div", { class: "dropdown-menu show wa-menu-up wa-emoji" }, search, list)
  const close = () => {
    picker.remove()
    opener.setAttribute("aria-expanded", "false")
    form.elements.text.focus()
  }
  const choose = (emoji) => {
    noteUse(emoji)
    insertText(form.elements.text, emoji)
    close()
  }
  search.addEventListener("input", () => show(list, search.value, choose))
  picker.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close()
    else if (event.key === "Enter" && event.target === search) list.querySelector("button")?.click()
    else return
    event.preventDefault()
    event.stopPropagation()
  })
  show(list, "", choose)
  form.append(picker)
  opener.setAttribute("aria-expanded", "true")
  search.focus()
}

function show(list, wanted, choose) {
  const parts = fold(wanted).split(/\s+/).filter(Boolean)
  const isMeant = ([, names]) => parts.every((part) => ` ${fold(names)}`.includes(` ${part}`))
  const recent = new Set(readRecent())
  const found = EMOJI.filter(isMeant)
  const [used, others] = [found.filter(([one]) => recent.has(one)), found.filter(([one]) => !recent.has(one))]
  const order = [...recent]
  used.sort(([one], [other]) => order.indexOf(one) - order.indexOf(other))
  const shown = [...used, ...others].slice(0, parts.length ? MAX_FOUND : EMOJI.length)
  list.replaceChildren(...shown.map(([emoji, names]) => makeButton(emoji, names, choose)))
  if (!shown.length) list.append(make("p", { class: "wa-meta text-secondary", role: "status" }, words.noEmoji))
}

function makeButton(emoji, names, choose) {
  const [name] = names.split(",")
  const look = { type: "button", class: "btn btn-icon btn-ghost", "aria-label": name, title: name }
  const button = make("button", look, emoji)
  button.addEventListener("click", () => choose(emoji))
  return button
}

function insertText(area, text) {
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end")
  area.dispatchEvent(new Event("input", { bubbles: true }))
}
