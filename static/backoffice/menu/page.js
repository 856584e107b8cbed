// The editor's place on the page: its parts, its sentences, and what the server gave it.
export const root = document.getElementById("menu-editor")
export const given = JSON.parse(document.getElementById("menu-data").textContent)
export const words = root.querySelector("[data-words]").dataset

export const partOf = (name) => root.querySelector(`[data-part="${name}"]`)
export const templateOf = (name) => document.getElementById(`menu-${name}`).content

// %s, %n… of a sentence
export const fill = (text, values) => text.replace(/%([a-z])/g, (whole, name) => values[name] ?? whole)

// for those who read by ear
export function say(text) {
  const place = partOf("said")
  // the same words twice are read twice
  place.textContent = ""
  setTimeout(() => {
    place.textContent = text
  }, 50)
}
