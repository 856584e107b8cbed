// Which customer is played, and what the sandbox last said of all.
import { byId } from "./dom.js"

export const page = { state: null, who: location.hash.slice(1) }
const works = []

export function whenChosen(work) {
  works.push(work)
}

// "": nobody
export function choose(id) {
  page.who = id
  history.replaceState(null, "", id ? `#${id}` : location.pathname)
  byId("main").classList.toggle("chatting", Boolean(id))
  byId("chat").hidden = !id
  byId("pick").hidden = Boolean(id)
  for (const work of works) work(id)
}

byId("back").onclick = () => choose("")
