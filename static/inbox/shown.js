// Something came anew onto the page, by HTMX or by the socket: whoever prepares parts of the page hears of it here.
const NAMES = ["htmx:after:swap", "htmx:after:settle", "witty:shown"]

export function whenShown(prepare) {
  for (const name of NAMES) document.addEventListener(name, () => prepare())
}

export function tellShown() {
  document.dispatchEvent(new CustomEvent("witty:shown"))
}
