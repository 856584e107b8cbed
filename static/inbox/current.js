// What is chosen, marked where it is listed: the screen in the rail, the row in the list, the open chats in the tabs.
import { whenShown } from "inbox/shown.js"

function setCurrent(element, value) {
  if (value) element.setAttribute("aria-current", value)
  else element.removeAttribute("aria-current")
}

function markCurrent() {
  const path = location.pathname
  // a contact's data have the address of contacts, and stand among the tabs of Supervisión
  const place = document.querySelector(".sup-tabs") ? "/supervision/" : path
  for (const link of document.querySelectorAll(".wa-nav a")) {
    setCurrent(link, place.startsWith(new URL(link.href).pathname) && "page")
  }
  for (const row of document.querySelectorAll(".wa-rows .wa-row")) {
    setCurrent(row, new URL(row.href).pathname === path && "true")
  }
  const panes = [...document.querySelectorAll(".wa-pane[data-chat]")]
  const slots = new Map(panes.map((pane) => [pane.dataset.chat, Number(pane.dataset.slot) + 1]))
  for (const tab of document.querySelectorAll("#tabs .wa-tab")) markTab(tab, slots.get(tab.dataset.chat))
}

// `slot`: the place of the chat's pane, from 1; undefined where it has none
function markTab(tab, slot) {
  const key = tab.querySelector("kbd")
  setCurrent(tab, slot && "true")
  tab.classList.toggle("is-front", slot === 1)
  if (!key) return
  key.hidden = !slot
  key.textContent = slot ? `Alt ${slot}` : ""
}

markCurrent()
document.querySelector(".wa-tray[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" })
whenShown(markCurrent)
document.addEventListener("htmx:after:history:update", markCurrent)
addEventListener("popstate", () => setTimeout(markCurrent))
