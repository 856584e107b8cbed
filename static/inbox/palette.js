// The palette (Ctrl+K): actions, places, held chats and contacts in one list that is searched while one types. Imported
// at its first use. What may be led to comes from the server; what can be done with the chosen chat, from the page.
import { make } from "common/make.js"
import { followToChat } from "inbox/follow.js"
import { chosenChat, listActions } from "inbox/palette-actions.js"
import { markName, matchOf } from "inbox/palette-match.js"
import { listUsed, noteUsed } from "inbox/palette-used.js"
import { whenShown } from "inbox/shown.js"

const TYPED_MS = 200 // before contacts are asked for
const MAX_OF_GROUP = 8
// the sign that what is typed begins with → the kinds that are meant
const SIGNS = { ">": ["chosen", "action"], "@": ["chat", "contact"], "#": ["place"] }
const NEW_CONTACTS = "[data-kind=contact]"

const dialog = make("dialog", { id: "palette", class: "wa-palette", "aria-label": "" })
let box = null
let timer = 0
let asked = null // for contacts
let chat = "" // of which the actions are

const field = () => dialog.querySelector("#palette-field")
const shownOptions = () => [...dialog.querySelectorAll("[data-group]:not([hidden]) > [role=option]:not([hidden])")]
const chosen = () => dialog.querySelector("[role=option][aria-selected=true]")

export async function openPalette() {
  if (dialog.open || document.querySelector("dialog[open]")) return
  if (!dialog.isConnected) document.body.append(dialog)
  // what was there the last time is there at once, and what is there now a moment later
  const fresh = loadBox()
  if (!box) await fresh
  if (!box || dialog.open) return
  prepare()
  dialog.showModal()
  field().select()
  await fresh
}

async function loadBox() {
  const answer = await fetch("/paleta/", { headers: { "HX-Request": "true" } })
  if (!answer.ok || answer.redirected || answer.headers.has("HX-Redirect")) return location.assign("/buscar/")
  const page = make("template")
  page.innerHTML = await answer.text()
  const fresh = page.content.querySelector(".wa-palette-box")
  if (!box) await loadSheet(fresh.dataset.sheet)
  const typed = box ? field().value : ""
  const hadFocus = dialog.open
  dialog.replaceChildren(fresh)
  box = fresh
  field().value = typed
  dialog.setAttribute("aria-label", field().placeholder)
  if (!hadFocus) return
  prepare()
  field().focus()
  askContacts()
}

// its rules, before it is seen
function loadSheet(href) {
  const sheet = make("link", { rel: "stylesheet", href })
  document.head.append(sheet)
  return new Promise((resolve) => {
    sheet.addEventListener("load", resolve)
    sheet.addEventListener("error", resolve)
  })
}

function prepare() {
  const { name, actions } = listActions()
  chat = chosenChat()
  const about = box.querySelector("[data-about]")
  about.hidden = !name
  about.querySelector("b").textContent = name
  const group = box.querySelector("[data-group=chosen]")
  group.querySelectorAll("[role=option]").forEach((one) => one.remove())
  group.append(...actions)
  for (const option of box.querySelectorAll("[data-press]")) {
    option.toggleAttribute("data-off", !findVisible(option.dataset.press))
  }
  show()
}

// --- what is meant ---------------------------------------------------------------------------------

function readTyped() {
  const typed = field().value.trim()
  return { kinds: SIGNS[typed[0]], words: SIGNS[typed[0]] ? typed.slice(1).trim() : typed }
}

function show() {
  const { kinds, words } = readTyped()
  const used = listUsed()
  for (const group of box.querySelectorAll("[data-group]")) {
    const { group: kind } = group.dataset
    const isMeant = !kinds || kinds.includes(kind)
    group.hidden = !(kind === "message" ? showSearch(group, words, isMeant) : isMeant && findIn(group, words, used))
  }
  const options = shownOptions()
  choose(options[0])
  const status = box.querySelector("[data-found]")
  status.textContent = options.length === 1 ? status.dataset.one : status.dataset.many.replace("%n", options.length)
}

// true: there are some
function findIn(group, words, used) {
  const found = []
  for (const [place, option] of [...group.querySelectorAll("[role=option]")].entries()) {
    option.dataset.place ??= place
    const match = "off" in option.dataset ? null : matchOf(nameOf(option), words)
    option.hidden = true
    if (match) found.push({ option, match, last: used.indexOf(option.id), place: Number(option.dataset.place) })
  }
  found.sort(compare)
  for (const { option, match } of found.slice(0, words ? MAX_OF_GROUP : undefined)) {
    option.hidden = false
    markName(option.querySelector(".wa-choose-name"), match.spans)
    group.append(option)
  }
  return found.length > 0
}

// the best match, then what was used last, then as it came
const compare = (one, other) =>
  one.match.score - other.match.score || rank(one.last) - rank(other.last) || one.place - other.place

const rank = (last) => (last < 0 ? Infinity : last)

const nameOf = (option) => (option.dataset.name ??= option.querySelector(".wa-choose-name").textContent.trim())

function showSearch(group, words, isMeant) {
  const option = group.querySelector("[role=option]")
  option.hidden = !words || !isMeant
  option.querySelector(".wa-choose-name").textContent = box.dataset.searchWord.replace("%s", words)
  option.dataset.url = `${box.dataset.search}?q=${encodeURIComponent(words)}`
  return !option.hidden
}

// --- contacts, as they come ------------------------------------------------------------------------

async function askContacts() {
  const { kinds, words } = readTyped()
  asked?.abort()
  asked = new AbortController()
  const group = box.querySelector("[data-group=contact]")
  let html = ""
  if (words.length > 1 && (!kinds || kinds.includes("contact"))) {
    try {
      const url = `${box.dataset.contacts}?q=${encodeURIComponent(words)}`
      const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: asked.signal })
      html = answer.ok ? await answer.text() : ""
    } catch {
      return
    }
  }
  const page = make("template")
  page.innerHTML = html
  group.querySelectorAll(NEW_CONTACTS).forEach((one) => one.remove())
  group.append(...page.content.querySelectorAll("[role=option]"))
  // they come below: what is chosen stays so
  const before = chosen()?.id
  for (const option of group.querySelectorAll(NEW_CONTACTS)) {
    markName(option.querySelector(".wa-choose-name"), matchOf(nameOf(option), words)?.spans ?? [])
  }
  group.hidden = !group.querySelector(NEW_CONTACTS)
  if (!document.getElementById(before)) choose(shownOptions()[0])
}

// --- choosing and doing ----------------------------------------------------------------------------

function choose(option) {
  for (const one of dialog.querySelectorAll("[role=option]")) one.setAttribute("aria-selected", one === option)
  if (!option) return field().removeAttribute("aria-activedescendant")
  field().setAttribute("aria-activedescendant", option.id)
  option.scrollIntoView({ block: "nearest" })
}

function act(option) {
  if (!option) return
  noteUsed(option.id)
  const { url, press } = option.dataset
  // the focus goes back to where it was, and from there wherever the action leads it
  dialog.close()
  if (option.does) option.does()
  else if (press) findVisible(press)?.click()
  else if (url) goTo(url)
}

const findVisible = (selector) => [...document.querySelectorAll(selector)].find((one) => one.checkVisibility())

// where the page has a link there, by it: it knows how to swap
function goTo(url) {
  const link = findVisible(`#main a[href="${CSS.escape(url)}"]`)
  if (link) followToChat(link)
  else location.assign(url)
}

dialog.addEventListener("input", () => {
  box.querySelectorAll(NEW_CONTACTS).forEach((one) => one.remove())
  show()
  clearTimeout(timer)
  timer = setTimeout(askContacts, TYPED_MS)
})

dialog.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step) {
    event.preventDefault()
    const options = shownOptions()
    choose(options.at((options.indexOf(chosen()) + step) % options.length))
  } else if (event.key === "Enter" && event.target === field()) {
    event.preventDefault()
    const search = dialog.querySelector("[data-kind=message]:not([hidden])")
    act((event.ctrlKey && search) || chosen())
  }
})

dialog.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]")
  if (option) act(option)
  else if (event.target === dialog || event.target.closest("[data-close-dialog]")) dialog.close()
})

whenShown(() => dialog.open && chosenChat() !== chat && prepare())

dialog.addEventListener("close", () => {
  asked?.abort()
  clearTimeout(timer)
  field().value = ""
})
