// Responder: what is being answered stands above the text. Without scripts the same link is a page.
const MAX_CHARACTERS = 90

export function showQuote(form, number, text) {
  form.elements.quotes.value = number
  form.querySelector("[data-quoting]").hidden = !number
  form.querySelector("[data-quoted-text]").textContent = text
}

// a message in few words, or what its picture or sound is called
function summarize(message) {
  const said = message?.querySelector(".wa-caption .wa-text, .wa-doc .fw-semibold")?.textContent.trim()
  const shown = message?.querySelector("img[alt], audio[aria-label], video[aria-label]")
  return [...(said || shown?.alt || shown?.ariaLabel || "")].slice(0, MAX_CHARACTERS).join("")
}

document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest("a[data-quote], a[data-unquote]")
    const form = link?.closest(".wa-pane")?.querySelector("form[data-composer]")
    if (!form || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    event.stopImmediatePropagation()
    if (link.dataset.quote) showQuote(form, link.dataset.quote, summarize(link.closest(".wa-msg")))
    else showQuote(form, "", "")
    // the draft keeps it
    form.elements.text.dispatchEvent(new Event("input", { bubbles: true }))
    form.elements.text.focus()
  },
  true,
)
