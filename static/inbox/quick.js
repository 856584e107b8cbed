// Quick replies: "/" at the beginning of what is written, or behind a blank, searches them; arrows choose, Enter puts
// one into the text with its variables filled in, and what is not known is asked for first. The focus stays there.
import { nameFiles } from "inbox/files.js"
import { drawMenu, drawQuestions, listId, optionId } from "inbox/quick-draw.js"
import { fillIn, findMissing, makeValues } from "inbox/quick-fill.js"
import { countReplies, isKnown, listReplies, loadMore, loadReplies, noteUse } from "inbox/quick-list.js"
import { findReplies } from "inbox/quick-search.js"
import { whenShown } from "inbox/shown.js"

// at the beginning several words may be looked for
const AT_START = /^\/([^\n/]*)$/
const BEHIND_BLANK = /\s\/([^\s/]*)$/
const STEPS = { ArrowDown: 1, ArrowUp: -1 }
const open = new Map() // composer → what its menu shows: {from, typed, found, chosen, values, asking}
const dismissed = new Map() // composer → where the "/" stands that Escape was pressed on

const placeOf = (form) => form?.querySelector?.("[data-quick]")
const formOf = (target) => target.closest?.("form[data-composer]")
const valuesOf = (place) => makeValues(JSON.parse(document.getElementById(place.dataset.values).textContent))

// what is being looked for: {from, typed, isStart}, null where nothing is
function readTyped(area) {
  if (area.selectionStart !== area.selectionEnd) return null
  const before = area.value.slice(0, area.selectionStart)
  const match = AT_START.exec(before) ?? BEHIND_BLANK.exec(before)
  return match && { from: before.lastIndexOf("/"), typed: match[1], isStart: match.index === 0 && before[0] === "/" }
}

function follow(form) {
  const sought = showSought(form)
  if (!sought) return
  const place = placeOf(form)
  // what comes anew is shown as what is being looked for by then
  const again = (isNew) => isNew && form.isConnected && !open.get(form.id)?.asking && showSought(form)
  Promise.resolve(loadReplies(place.dataset.list)).then(again)
  loadMore(place.dataset.list, sought.typed.trim()).then(again)
}

// returns what is being looked for, null where nothing is
function showSought(form) {
  const area = form.elements.text
  const sought = document.activeElement === area ? readTyped(area) : null
  if (!sought) dismissed.delete(form.id)
  if (!sought || dismissed.get(form.id) === sought.from) {
    close(form)
    return null
  }
  show(form, sought)
  return sought
}

function show(form, sought) {
  const found = isKnown() ? findReplies(listReplies(), sought.typed) : []
  // behind a blank a "/" is mostly just that
  if (!isKnown() || (!found.length && (!sought.isStart || sought.typed.includes(" ")))) return close(form)
  const was = open.get(form.id)
  const stays = was?.typed === sought.typed ? Math.min(was.chosen, found.length - 1) : 0
  open.set(form.id, { ...sought, found, values: was?.values ?? valuesOf(placeOf(form)), chosen: Math.max(stays, 0) })
  draw(form)
}

function draw(form) {
  const place = placeOf(form)
  const { found, chosen, typed, values } = open.get(form.id)
  drawMenu(place, { found, chosen, typed, values, total: countReplies() })
  place.hidden = false
  const area = form.elements.text
  area.setAttribute("aria-controls", listId(place))
  if (found.length) area.setAttribute("aria-activedescendant", optionId(place, found[chosen]))
  else area.removeAttribute("aria-activedescendant")
}

function close(form) {
  if (!open.delete(form.id)) return
  const place = placeOf(form)
  place.replaceChildren()
  place.hidden = true
  namesNothing(form)
}

// the list that the text named is not there any more
function namesNothing(form) {
  for (const name of ["aria-activedescendant", "aria-controls"]) form.elements.text.removeAttribute(name)
}

function choose(form, index, isSent) {
  const state = open.get(form.id)
  const reply = state.found[index]
  const missing = findMissing(reply.text, valuesOf(placeOf(form)))
  if (!missing.length) return insert(form, reply, { isSent })
  state.asking = reply
  ask(form)
}

function ask(form) {
  const place = placeOf(form)
  const { asking } = open.get(form.id)
  namesNothing(form)
  place.hidden = false
  drawQuestions(place, asking, findMissing(asking.text, valuesOf(place)))[0].focus()
}

function insert(form, reply, { isSent, answers }) {
  const { from } = open.get(form.id)
  const area = form.elements.text
  const to = from + 1 + open.get(form.id).typed.length
  const text = fillIn(reply.text, valuesOf(placeOf(form)), answers)
  close(form)
  area.focus()
  area.setRangeText(text, from, to, "end")
  area.dispatchEvent(new Event("input", { bubbles: true }))
  nameFiles(form, reply.files)
  noteUse(reply, form.elements.csrfmiddlewaretoken.value)
  if (isSent) form.requestSubmit()
}

// the answers are there, or the first that is not gets the focus
function finishAsking(form, isSent) {
  const boxes = [...placeOf(form).querySelectorAll("[data-variable]")]
  const empty = boxes.find((box) => !box.value.trim())
  if (empty) {
    empty.setAttribute("aria-invalid", "true")
    return empty.focus()
  }
  const answers = new Map(boxes.map((box) => [box.dataset.variable, box.value.trim()]))
  insert(form, open.get(form.id).asking, { isSent, answers })
}

function stopAsking(form) {
  delete open.get(form.id).asking
  draw(form)
  form.elements.text.focus()
}

// --- keys, before those of the composer ----------------------------------------------------------

function pressInQuestions(form, event) {
  if (event.key === "Escape") stopAsking(form)
  else if (event.key === "Enter" && event.target.matches("[data-variable]")) {
    const boxes = [...placeOf(form).querySelectorAll("[data-variable]")]
    const next = boxes[boxes.indexOf(event.target) + 1]
    if (next && !event.ctrlKey && !event.metaKey) next.focus()
    else finishAsking(form, event.ctrlKey || event.metaKey)
  } else return false
  return true
}

function pressInMenu(form, event) {
  const state = open.get(form.id)
  const step = STEPS[event.key]
  if (event.key === "Escape") {
    dismissed.set(form.id, state.from)
    close(form)
    form.elements.text.focus()
  } else if (!state.found.length || event.shiftKey || event.altKey) return false
  else if (step) {
    state.chosen = (state.chosen + step + state.found.length) % state.found.length
    draw(form)
  } else if (event.key === "Enter") choose(form, state.chosen, event.ctrlKey || event.metaKey)
  else return false
  return true
}

document.addEventListener(
  "keydown",
  (event) => {
    const form = formOf(event.target)
    const state = form && open.get(form.id)
    const isHere = state && (event.target === form.elements.text || placeOf(form).contains(event.target))
    if (!isHere || event.target.matches("a, button")) return
    if (!(state.asking ? pressInQuestions(form, event) : pressInMenu(form, event))) return
    event.preventDefault()
    event.stopImmediatePropagation()
  },
  true,
)

// --- what is typed and pressed -------------------------------------------------------------------

function followTyped(target) {
  const form = formOf(target)
  if (target.name === "text" && placeOf(form) && !open.get(form.id)?.asking) follow(form)
}
document.addEventListener("input", (event) => followTyped(event.target))

document.addEventListener("focusin", ({ target }) => {
  const place = placeOf(formOf(target))
  if (place && target.name === "text") loadReplies(place.dataset.list)
})

// whoever goes on elsewhere does not want one
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const form = formOf(target)
  if (relatedTarget && form && open.has(form.id) && !form.contains(relatedTarget)) close(form)
})

document.addEventListener("pointerdown", (event) => {
  // the focus stays in the text
  if (event.target.closest("[data-quick] [data-reply], [data-quick-open]")) event.preventDefault()
})

document.addEventListener("click", (event) => {
  const form = formOf(event.target)
  if (!placeOf(form)) return
  const option = event.target.closest("[data-reply]")
  if (event.target.closest("[data-quick-open]")) return toggle(form)
  if (!open.has(form.id)) return
  if (option) choose(form, open.get(form.id).found.findIndex(({ id }) => `${id}` === option.dataset.reply), false)
  if (event.target.closest("[data-quick-back]")) stopAsking(form)
  if (event.target.closest("[data-quick-done]")) finishAsking(form, false)
})

// the button writes the "/" that opens the menu, and takes it away again
function toggle(form) {
  const area = form.elements.text
  const state = open.get(form.id)
  area.focus()
  if (state) {
    close(form)
    area.setRangeText("", state.from, state.from + 1 + state.typed.length, "end")
  } else {
    const before = area.value.slice(0, area.selectionStart)
    area.setRangeText(before && !/\s$/.test(before) ? " /" : "/", area.selectionStart, area.selectionEnd, "end")
  }
  area.dispatchEvent(new Event("input", { bubbles: true }))
}

// --- parts that come anew ------------------------------------------------------------------------

function prepare() {
  for (const button of document.querySelectorAll("[data-quick-open]")) button.hidden = false
  for (const id of open.keys()) {
    const form = document.getElementById(id)
    const place = placeOf(form)
    if (!place) open.delete(id)
    else if (!place.childElementCount) followAnew(form)
  }
}

// a pane that came anew has lost its menu, and the questions that were in it
function followAnew(form) {
  open.get(form.id).values = valuesOf(placeOf(form))
  if (open.get(form.id).asking) ask(form)
  else draw(form)
}

prepare()
whenShown(prepare)
// this may come after what was typed
followTyped(document.activeElement)
