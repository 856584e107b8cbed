// The line that is read, and the place where it stands in view.
export const isWanted = (line) => line.id.startsWith("m-")

export function findAnchor(log) {
  const { top } = log.getBoundingClientRect()
  const lines = log.querySelectorAll(".wa-thread > [id^='m-']")
  const line = [...lines].find((one) => one.getBoundingClientRect().bottom > top)
  return line && { id: line.id, offset: line.getBoundingClientRect().top - top }
}

export function restoreAnchor(log, anchor) {
  const line = anchor && document.getElementById(anchor.id)
  if (!line || !log.contains(line)) return
  log.scrollTop += line.getBoundingClientRect().top - log.getBoundingClientRect().top - anchor.offset
}

// whatever is put in above or below it
export function holdPlace(log, change) {
  const anchor = findAnchor(log)
  change()
  restoreAnchor(log, anchor)
}
