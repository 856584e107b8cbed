// Around the conversations: time, new customers, faults, and runs of many messages.
import { choose, page } from "./chosen.js"
import { byId, make, words } from "./dom.js"
import { showPeople } from "./people.js"
import { ask, attempt } from "./requests.js"

const OPTIONS = { receipts: ["ordered", "shuffled", "early", "off"], window: ["later", "at_once", "off"] }
const TOTALS = ["written", "accepted", "received", "duplicates", "out_of_order", "refused"]
let usual = null // the faults as they were at first

export async function lookAround() {
  page.state = await ask("GET", "state")
  const now = new Date(page.state.now * 1000)
  byId("clock").textContent = now.toLocaleString("es", { dateStyle: "short", timeStyle: "short" })
  showPeople()
  countFaults()
  if (byId("run-dialog").open) showRun()
}

byId("jump").onclick = attempt(async () => {
  await ask("POST", "jump", { hours: 24 })
  await lookAround()
})
for (const button of document.querySelectorAll("[data-close]")) button.onclick = () => button.closest("dialog").close()

byId("open-new").onclick = () => {
  const makeLine = ({ line, name, kind }) => make("option", { value: line, textContent: `${name || kind} (${line})` })
  byId("new-form").line.replaceChildren(...(page.state?.lines || []).map(makeLine))
  byId("new-dialog").showModal()
}
byId("new-form").onsubmit = attempt(async (event) => {
  const { line, name, phone, hidden } = Object.fromEntries(new FormData(event.target))
  const what = { line, name }
  if (phone) what.phone = phone.replace(/\D/g, "")
  if (hidden) what.phone = ""
  const made = await ask("POST", "customers", what)
  byId("new-dialog").close()
  event.target.reset()
  await lookAround()
  choose(made.customers[0].id)
})

byId("open-faults").onclick = attempt(async () => {
  const faults = await ask("GET", "faults")
  byId("faults-grid").replaceChildren(...Object.entries(faults).map(makeFault))
  byId("faults-dialog").showModal()
})

function makeFault([name, value]) {
  const label = words.of_faults[name] || name
  if (typeof value === "boolean") {
    return make("label", { className: "check" }, make("input", { type: "checkbox", name, checked: value }), label)
  }
  if (!OPTIONS[name])
    return make("label", {}, label, make("input", { name, type: "number", step: "any", min: 0, value }))
  const makeOption = (one) =>
    make("option", { value: one, textContent: words.of_options[one], selected: one === value })
  return make("label", {}, label, make("select", { name }, ...OPTIONS[name].map(makeOption)))
}

function valueOf({ type, checked, value }) {
  if (type === "checkbox") return checked
  return type === "number" ? Number(value) : value
}

byId("faults-form").onsubmit = attempt(async () => {
  const fields = [...byId("faults-form").querySelectorAll("[name]")]
  await ask("POST", "faults", Object.fromEntries(fields.map((field) => [field.name, valueOf(field)])))
  byId("faults-dialog").close()
  await lookAround()
})

function countFaults() {
  usual ??= page.state.defaults
  const count = Object.entries(page.state.faults).filter(([name, value]) => usual[name] !== value).length
  byId("fault-count").textContent = count
  byId("fault-count").hidden = !count
}

byId("open-run").onclick = () => {
  showRun()
  byId("run-dialog").showModal()
}
byId("run-form").onsubmit = attempt(async (event) => {
  const given = new FormData(event.target)
  await ask("POST", "run", { messages: Number(given.get("messages")), customers: Number(given.get("customers")) })
  await lookAround()
})
byId("run-stop").onclick = attempt(async () => {
  await ask("DELETE", "run")
  await lookAround()
})

function showRun() {
  const run = page.state?.run || {}
  byId("run-progress").textContent = run.total ? `${run.accepted} / ${run.total} · ${run.seconds} s` : ""
  byId("run-stop").disabled = !run.running
  const makeTotal = (name) =>
    make(
      "div",
      {},
      make("dt", { textContent: words[name] }),
      make("dd", { textContent: page.state?.totals[name] ?? 0 }),
    )
  byId("totals").replaceChildren(...TOTALS.map(makeTotal))
}
