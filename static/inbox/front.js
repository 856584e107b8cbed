// Who is here, as this page says it: which chats are before the agent's eyes, and in which one is written. What others
// say is drawn by inbox/here.js, fetched when the first of it comes.
import { isNote } from "inbox/note-switch.js"
import { whenShown } from "inbox/shown.js"
import { say } from "inbox/socket.js"

const LISTS = '.wa-rows:is([id^="rows-"], [id^="part-"])'
const AGAIN_MS = 10_000 // the server lets what is not said again be gone after 30 s
const TYPES_EVERY_MS = 3000
let viewed = ""
let asked = ""
let typedAt = 0
let typedIn = ""

const parts = () => [...document.querySelectorAll('[data-feed^="chat."]')]
const feedOf = (part) => part.dataset.feed
const lists = () => [...document.querySelectorAll(LISTS)].map(({ id }) => `tray.${id.split("-")[1]}`)

// a page that nobody looks at views nothing, nor is a pane viewed that is not shown
const views = () => (document.hidden ? [] : parts().filter((part) => part.checkVisibility()).map(feedOf))

function tellViews(again) {
  const frame = { views: views() }
  const said = frame.views.join()
  if ((said !== viewed || (again && said)) && say(frame)) viewed = said
}

// in one frame: the server hears only so many of a page, and a hasty look through a list is many
function tellAll() {
  const frame = { views: views(), who: [...lists(), ...parts().map(feedOf)] }
  const [viewedNow, askedNow] = [frame.views.join(), frame.who.join()]
  if (viewedNow === viewed) delete frame.views
  if (askedNow === asked || !frame.who.length) delete frame.who
  if ((frame.views || frame.who) && !say(frame)) return
  viewed = viewedNow
  asked = askedNow
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
  const note = isNote(form)
  const place = `${types} ${note}`
  if (!types || (place === typedIn && Date.now() - typedAt < TYPES_EVERY_MS) || !say({ types, note })) return
  typedIn = place
  typedAt = Date.now()
})
