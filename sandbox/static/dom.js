// The page's elements, its words, and how it says times.
export const byId = (id) => document.getElementById(id)
export const words = JSON.parse(byId("words").textContent)

export function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties)
  element.append(...children.filter((child) => child !== null && child !== undefined))
  return element
}

export const timeOf = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString("es", { hour: "2-digit", minute: "2-digit" })
