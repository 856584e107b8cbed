// What has time until what was changed is on the screen. A page that nobody looks at paints nothing.
const LATEST_MS = 100

export function afterPaint(act) {
  let isDone = false
  const once = () => {
    if (isDone) return
    isDone = true
    act()
  }
  requestAnimationFrame(() => setTimeout(once))
  setTimeout(once, LATEST_MS)
}
