// The lines with their customers.
import { choose, page, whenChosen } from "./chosen.js"
import { byId, make, timeOf, words } from "./dom.js"

let listed = ""

export function showPeople() {
  if (!page.state) return
  const { lines, customers } = page.state
  const now = JSON.stringify([lines, customers, page.who])
  if (now === listed) return
  listed = now
  const list = byId("people")
  const top = list.scrollTop
  list.replaceChildren(...lines.flatMap((line) => [makeLine(line), ...customersOf(line, customers).map(makePerson)]))
  list.scrollTop = top
  byId("nobody").hidden = lines.length > 0
}

const customersOf = ({ line }, customers) => customers.filter((person) => person.line === line)

function makeLine({ name, line, is_verified: isVerified }) {
  const textContent = `${name || line} · ${line} · ${isVerified ? words.verified : words.unverified}`
  return make("li", { className: isVerified ? "line good" : "line", textContent })
}

function makePerson(person) {
  const last = person.last || Object.values(person.ids)[0]
  const button = make(
    "button",
    { type: "button", onclick: () => choose(person.id) },
    make("b", { textContent: person.name }),
    make("small", { textContent: person.at ? timeOf(person.at) : "" }),
    make("i", { textContent: last }),
    person.unread ? make("span", { className: "count", textContent: person.unread }) : null,
  )
  if (person.id === page.who) button.setAttribute("aria-current", "true")
  return make("li", {}, button)
}

whenChosen(showPeople)
