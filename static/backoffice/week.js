// The week of a tray: a switch a day, a second stretch when it is asked for, and the drawing beside it.
const DEFAULT = ["09:00", "18:00"]
const NOTHING = ["", ""]
const WORKDAYS = 5
const END_OF_DAY = 1440

const fieldsOf = (span) => [...span.querySelectorAll("input[type=time]")]
const spansOf = (day) => [...day.querySelectorAll(".adm-span")]
const timesOf = (span) => fieldsOf(span).map((field) => field.value)
const isEmpty = (span) => timesOf(span).every((value) => !value)

function minutes(value) {
  const [hours, rest] = value.split(":").map(Number)
  return hours * 60 + rest
}

function setTimes(span, times) {
  fieldsOf(span).forEach((field, place) => (field.value = times[place]))
}

function draw(day) {
  const bars = spansOf(day).map(timesOf).filter(([opens, closes]) => opens && closes)
  const drawn = bars.map(([opens, closes]) => {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect")
    const begin = minutes(opens)
    const width = Math.max((minutes(closes) || END_OF_DAY) - begin, 0)
    for (const [name, value] of Object.entries({ x: begin, y: 5, width, height: 12 })) bar.setAttribute(name, value)
    return bar
  })
  day.querySelector("[data-bars]").replaceChildren(...drawn)
}

// `isAsked`: a second stretch is to be filled in
function show(day, isAsked = false) {
  const spans = spansOf(day)
  const isOn = day.querySelector("[data-day-on]").checked
  spans.forEach((span, place) => (span.hidden = !isOn || (place > 0 && isEmpty(span) && !isAsked)))
  day.querySelector("[data-closed]").hidden = isOn
  day.querySelector("[data-more]").hidden = !isOn || spans.every((span) => !span.hidden)
  draw(day)
}

// without any hours it is open always
function tellAlways(week) {
  const isAlways = !week.querySelector("[data-day-on]:checked")
  week.querySelector("[data-always]").hidden = !isAlways
  if (isAlways) for (const words of week.querySelectorAll("[data-closed]")) words.hidden = true
}

function tellForm(day) {
  day.dispatchEvent(new Event("change", { bubbles: true }))
}

function setDay(day, times) {
  day.querySelector("[data-day-on]").checked = times.some(([opens, closes]) => opens || closes)
  spansOf(day).forEach((span, place) => setTimes(span, times[place] ?? NOTHING))
  show(day)
}

for (const week of document.querySelectorAll(".adm-hours")) {
  const days = [...week.querySelectorAll("[data-day]")]
  const copy = week.querySelector("[data-copy-monday]")
  copy.hidden = false
  copy.addEventListener("click", () => {
    const monday = spansOf(days[0]).map(timesOf)
    for (const day of days.slice(1, WORKDAYS)) setDay(day, monday)
    tellAlways(week)
    tellForm(week)
  })
  for (const day of days) {
    const toggle = day.querySelector("[data-day-on]")
    toggle.checked ||= spansOf(day).some((span) => !isEmpty(span))
    toggle.defaultChecked = toggle.checked
    toggle.parentElement.hidden = false
    toggle.addEventListener("change", () => {
      setDay(day, toggle.checked ? [DEFAULT] : [])
      days.forEach((one) => show(one))
      tellAlways(week)
    })
    day.querySelector("[data-more]").addEventListener("click", () => {
      show(day, true)
      fieldsOf(spansOf(day).find(isEmpty))[0].focus()
    })
    day.addEventListener("input", () => draw(day))
    show(day)
  }
  tellAlways(week)
}
