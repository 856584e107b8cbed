// What a page does after its socket has ended, by the code (live/closings.py): "again", "anew" or "ended". A code that
// is not in the list comes from something between us and the server, and passes.
const THEN = JSON.parse(document.getElementById("closings").textContent)

export const afterClosing = (code) => THEN[code] ?? "again"
