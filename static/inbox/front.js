// Who is here, as this page says it: which chats are before the agent's eyes, and in which one is written. What others
// say is drawn by inbox/here.js, fetched when the first of it comes.
import { whenShown } from "inbox/shown.js"
import { say } from "inbox/socket.js"

const LISTS = '.wa-rows:is([id^="rows-"], [id^="part-"])'
const AGAIN_MS = 10_000 // the server lets what is not said again be gone after 30 s
const TYPES_EVERY_MS = 3000
let viewed = ""
let asked = ""
let typedAt = 0
let typedIn = ""

const inView = () => [...document.querySelectorAll('[data-feed^="chat."]')].map((part) => part.dataset.feed)
const lists = () => [...document.querySelectorAll(LISTS)].map(({ id }) => `tray.${id.split("-")[1]}`)

// a page that nobody looks at views nothing
function tellViews(again) {
  const views = document.hidden ? [] : inView()
  const said = views.join()
  if ((said !== viewed || (again && said)) && say({ views })) viewed = said
}

function askWho() {
  const who = [...lists(), ...inView()]
  if (who.join() !== asked && (!who.length || say({ who }))) asked = who.join()
}

function tellAll() {
  tellViews(false)
  askWho()
}

// a new connection knows nothing of what was said on the one before; it first joins the chats of the page
document.addEventListener("htmx:ws:after:connection", () => {
  viewed = asked = ""
  setTimeout(tellAll)
})
whenShown(tellAll)
document.addEventListener("visibilitychange", () => tellViews(false))
setInterval(() => tellViews(true), AGAIN_MS)

document.addEventListener("input", (event) => {
  const form = event.target.form
  // only what is typed by hand: drafts of other tabs are shown by events of ours
  if (!form?.dataset.composer || event.target.name !== "text" || !event.isTrusted || !event.target.value.trim()) return
  const types = form.closest("[data-feed]")?.dataset.feed
  const note = Boolean(form.querySelector("[data-note]")?.checked)
  const place = `${types} ${note}`
  if (!types || (place === typedIn && Date.now() - typedAt < TYPES_EVERY_MS) || !say({ types, note })) return
  typedIn = place
  typedAt = Date.now()
})
