// Drafts on the server, the same on every device: saved a moment after the last letter, over the version that was
// known here. Where another device was quicker its words are taken, and what was written here stays beside them.
import { make } from "common/make.js"
import { isNote } from "inbox/note-switch.js"
import { whenShown } from "inbox/shown.js"
import { listWaiting } from "inbox/waiting.js"
import { words } from "inbox/words.js"

const SAVED_AFTER_MS = 1200
// chat → {version, text, note: what the server has; wanted: what it should have; url, timer, isSaving, tellSaved}
const drafts = new Map()
const drafted = new Set() // chats whose rows say it

const areaOf = (chat) => document.getElementById(`text-${chat}`)
const isSame = (one, other) => one.text === other.text && one.note === other.note

// what came with a composer; `synced`: what the server had when this browser kept what stands in it
export function takeKept(form, synced) {
  const chat = form.dataset.composer
  const given = JSON.parse(document.getElementById(`draft-${chat}`)?.textContent ?? "null")
  if (!given) return
  const draft = drafts.get(chat) ?? { version: 0, text: synced ?? "", note: false }
  drafts.set(chat, Object.assign(draft, { url: form.dataset.draftUrl }))
  // what is being saved is told by its own answer
  if (!draft.isSaving && given.version > draft.version) take(chat, draft, given)
}

// what the server says now: words that nobody has touched here give way, others stay beside it
function take(chat, draft, given) {
  const area = areaOf(chat)
  const { text: had, note: hadNote } = draft
  Object.assign(draft, { version: given.version, text: given.text, note: given.note })
  if (!area) return
  // they are on their way
  if (listWaiting().some((item) => item.chat === chat && item.text.trim().startsWith(given.text.trim()))) return
  const isTouched = area.value !== had
  const isNew = given.text !== had
  const text = isTouched ? join(given.text, area.value) : given.text
  const isTheirs = !isTouched && (isNew || isNote(area.form) === hadNote)
  const isMarked = markNote(area.form, given, isTheirs)
  // the server has no words that were not known here: what was changed since stands
  if (isTouched && !isNew) return saveSoon(area.form)
  if (text === area.value && !isMarked) return
  area.value = text
  mark(chat, text)
  area.dispatchEvent(new Event("input", { bubbles: true }))
}

// what another open page of this agent has kept: a box that is being written in, or has words of its own, goes on, and
// learns of it when it is saved
export function hearDraft({ chat: number, ...given }) {
  const chat = String(number)
  const draft = drafts.get(chat)
  const area = areaOf(chat)
  if (!draft || draft.isSaving || given.version <= draft.version) return
  const isOwn = area?.value === given.text
  if (area && !isOwn && (area.value !== draft.text || area === document.activeElement || draft.timer)) return
  take(chat, draft, given)
}

// words that come to stand beside those of a note are one as well: nothing of it may reach the customer. Whether that
// changed anything
function markNote(form, { text, note }, isAllTheirs) {
  const box = form.querySelector("[data-note]")
  if (!box || box.hasAttribute("data-only-notes")) return false
  const was = box.checked
  box.checked = isAllTheirs ? note : was || (note && Boolean(text))
  return box.checked !== was
}

function join(theirs, mine) {
  if (mine.includes(theirs)) return mine
  return theirs.includes(mine) ? theirs : `${theirs}\n${mine}`
}

export const syncedText = (form) => drafts.get(form.dataset.composer)?.text ?? ""

// `tellSaved`: called when the server has it
export function saveSoon(form, tellSaved) {
  const chat = form.dataset.composer
  const draft = drafts.get(chat)
  mark(chat, form.elements.text.value)
  if (!draft) return
  draft.tellSaved = tellSaved ?? draft.tellSaved
  draft.wanted = { text: form.elements.text.value, note: isNote(form) }
  clearTimeout(draft.timer)
  draft.timer = setTimeout(() => save(chat), SAVED_AFTER_MS)
}

async function save(chat) {
  const draft = drafts.get(chat)
  clearTimeout(draft.timer)
  draft.timer = null
  const { wanted } = draft
  if (!wanted || draft.isSaving || isSame(wanted, draft)) return
  draft.isSaving = true
  const { status, now } = await post(draft, wanted)
  draft.isSaving = false
  if (!now) return
  if (status === 409) take(chat, draft, now)
  else {
    Object.assign(draft, now)
    draft.tellSaved?.()
  }
  // what was written meanwhile, or beside what came
  if (!draft.timer && !isSame(draft.wanted, draft)) save(chat)
}

async function post({ url, version }, { text, note }) {
  const body = new FormData()
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? ""
  const fields = { csrfmiddlewaretoken: token, text, version, note: note ? "on" : "" }
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  try {
    const answer = await fetch(url, { method: "POST", body, keepalive: true, redirect: "manual" })
    return [200, 409].includes(answer.status) ? { status: answer.status, now: await answer.json() } : {}
  } catch {
    // the browser has it, and the next letter tries again
    return {}
  }
}

const saveAll = () => drafts.forEach((_draft, chat) => save(chat))
addEventListener("pagehide", saveAll)
addEventListener("online", saveAll)

// --- rows ------------------------------------------------------------------------------------------

function mark(chat, text) {
  const said = document.querySelector(`#tab-${chat} .wa-words`)
  const standing = said?.parentElement.querySelector(".wa-draft")
  if (text.trim()) drafted.add(chat)
  else {
    drafted.delete(chat)
    standing?.remove()
  }
  if (said && !standing && drafted.has(chat)) said.before(make("b", { class: "wa-draft wa-meta" }, words.draft))
}

// a row that was pushed is the same for all who look
function markRows() {
  for (const one of document.querySelectorAll(".wa-draft")) drafted.add(one.closest("[data-chat]").dataset.chat)
  for (const chat of drafted) mark(chat, areaOf(chat)?.value ?? "…")
}
markRows()
whenShown(markRows)
