// Admin's first page: what asks for a look is asked again every half a minute, and changes only where it is different.
const WARNINGS_EVERY = 30_000

async function readWarnings() {
  const shown = document.getElementById("warnings")
  if (shown && !document.hidden && !shown.contains(document.activeElement)) {
    try {
      const response = await fetch(shown.dataset.url)
      if (response.ok && !response.redirected) {
        const next = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("warnings")
        if (next && next.outerHTML !== shown.outerHTML) shown.replaceWith(next)
      }
    } catch {
      // the next one may get through
    }
  }
  setTimeout(readWarnings, WARNINGS_EVERY)
}

setTimeout(readWarnings, WARNINGS_EVERY)
