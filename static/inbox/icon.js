// A small icon of the sprite.

export function makeIcon(name) {
  // elements of another namespace: the sprite's address is that of any icon on the page
  const icon = document.querySelector("svg.icon").cloneNode(true)
  const use = icon.querySelector("use")
  icon.setAttribute("class", "icon icon-xs")
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#i-${name}`))
  return icon
}
