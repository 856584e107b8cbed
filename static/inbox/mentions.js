// "@" in a note lists the agents; arrows choose, Enter puts the name into the text, where the focus stays. Who does not
// see the chat is marked: a mention gives no access. Fetched when the first "@" is typed (composer.js).
import { fold } from "common/fold.js"
import { make } from "common/make.js"
import { words } from "inbox/words.js"

const TYPED = /(?:^|[^\w@./+-])@([\w.+-]*)$/
const STEPS = { ArrowDown: 1, ArrowUp: -1 }
const MAX_SHOWN = 8
const OLD_MS = 20_000
const known = new Map() // chat → {agents, at}
const open = new Map() // composer → {from, found, chosen}
const dismissed = new Map() // composer → where the "@" stands that Escape was pressed on

const formOf = (target) => target.closest?.("form[data-composer]")
const listId = (form) => `mentions-${form.dataset.composer}`
const placeOf = (form) => form.querySelector("[data-mentions]")

async function loadAgents(chat) {
  const had = known.get(chat)
  if (had && performance.now() - had.at < OLD_MS) return had.agents
  try {
    const answer = await fetch(`/chats/${chat}/agents/`, { headers: { Accept: "application/json" } })
    if (!answer.ok || answer.redirected) return had?.agents ?? []
    const { agents } = await answer.json()
    known.set(chat, { agents, at: performance.now() })
    return agents
  } catch {
    return had?.agents ?? []
  }
}

function readTyped(form) {
  const area = form.elements.text
  if (!form.elements.note?.checked || document.activeElement !== area) return null
  if (area.selectionStart !== area.selectionEnd) return null
  const match = TYPED.exec(area.value.slice(0, area.selectionStart))
  return match && { from: area.selectionStart - match[1].length - 1, typed: fold(match[1]) }
}

export async function follow(form) {
  const agents = await loadAgents(form.dataset.composer)
  // what is typed by now
  const sought = form.isConnected && readTyped(form)
  if (!sought) {
    dismissed.delete(form.id)
    return close(form)
  }
  if (dismissed.get(form.id) === sought.from) return close(form)
  const fits = ({ user, name }) => [user, ...name.split(/\s+/)].some((one) => fold(one).startsWith(sought.typed))
  const found = agents.filter(fits).slice(0, MAX_SHOWN)
  if (!found.length) return close(form)
  open.set(form.id, { ...sought, found, chosen: 0 })
  draw(form)
}

function draw(form) {
  const { found, chosen } = open.get(form.id)
  const area = form.elements.text
  const options = found.map((agent, index) => drawOption(`${listId(form)}-${index}`, agent, index, index === chosen))
  const about = { role: "listbox", id: listId(form), "aria-label": words.mention }
  const list = make("ul", { class: "wa-opts", ...about }, ...options)
  const place = placeOf(form) ?? make("div", { class: "wa-quick", "data-mentions": true })
  place.replaceChildren(list)
  if (!place.isConnected) area.before(place)
  area.setAttribute("aria-controls", listId(form))
  area.setAttribute("aria-activedescendant", `${listId(form)}-${chosen}`)
}

function drawOption(id, { user, name, sees }, index, isChosen) {
  const attributes = { role: "option", id, "aria-selected": `${isChosen}`, "data-mention": index }
  const code = make("span", { class: "wa-code" }, `@${user}`)
  return make(
    "li",
    { class: "wa-opt", ...attributes },
    make("span", { class: "wa-line" }, make("span", { class: "wa-name" }, name), code),
    make("span", { class: "wa-from" }, sees ? "" : words.noSight),
  )
}

function close(form) {
  if (!open.delete(form.id)) return
  placeOf(form)?.remove()
  for (const name of ["aria-activedescendant", "aria-controls"]) form.elements.text.removeAttribute(name)
}

function choose(form, index) {
  const { from, found } = open.get(form.id)
  const area = form.elements.text
  close(form)
  area.focus()
  area.setRangeText(`@${found[index].user} `, from, area.selectionStart, "end")
  area.dispatchEvent(new Event("input", { bubbles: true }))
}

document.addEventListener(
  "keydown",
  (event) => {
    const form = formOf(event.target)
    const state = form && open.get(form.id)
    if (!state || event.target !== form.elements.text || event.altKey) return
    const step = STEPS[event.key]
    if (step) {
      state.chosen = (state.chosen + step + state.found.length) % state.found.length
      draw(form)
    } else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") choose(form, state.chosen)
    else if (event.key === "Escape") {
      dismissed.set(form.id, state.from)
      close(form)
    } else return
    event.preventDefault()
    event.stopImmediatePropagation()
  },
  true,
)

// the focus stays in the text
document.addEventListener("pointerdown", (event) => event.target.closest("[data-mention]") && event.preventDefault())
document.addEventListener("click", (event) => {
  const option = event.target.closest("[data-mention]")
  if (option) choose(formOf(option), Number(option.dataset.mention))
})
document.addEventListener("focusout", ({ target }) => {
  const form = formOf(target)
  if (form && target === form.elements.text) close(form)
})
