// Something came anew onto the page, by HTMX or by the socket: whoever prepares parts of the page hears of it here,
// once a swap, when all its parts stand in the page and before they are painted.
export function whenShown(prepare) {
  document.addEventListener("htmx:after:swap", () => prepare())
}
