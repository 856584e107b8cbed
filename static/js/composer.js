// Writing: drafts kept in this browser, Enter sends, notes, quotes, what was seen. Files and voice: attach.js.
(() => {
  const me = document.getElementById("live").dataset.agent
  // of this agent, and as what it was written: a note must never come back as a message
  const key = (form) => `draft:${me}:${form.dataset.composer}`
  const EMOJI = ["😀", "😊", "😉", "😅", "🙂", "😢", "👍", "👋", "🙏", "💪", "🎉", "❤️", "✅", "❌", "⏰", "📦", "🚚", "💳", "📄", "📷"]
  const arrived = new WeakMap()
  const sent = new Map()

  function prepare() {
    for (const form of document.querySelectorAll("form[data-composer]")) {
      if (form.dataset.ready) continue
      form.dataset.ready = "1"
      const kept = draft(form)
      if (kept && !form.elements.text.value) {
        form.elements.text.value = kept.text
        const note = form.querySelector("[data-note]")
        if (kept.note && note) note.checked = true
      }
      // a pane that came anew knows nothing of what was being answered
      if (kept?.quotes) quote(form, kept.quotes, kept.quoted)
      const emoji = form.querySelector("[data-emoji]")
      if (emoji) emoji.hidden = false
    }
    for (const line of document.querySelectorAll("[data-heard]")) if (!arrived.has(line)) arrived.set(line, Date.now())
  }
  // what the page came with has been seen; what is pushed counts after a second
  for (const line of document.querySelectorAll("[data-heard]")) arrived.set(line, 0)
  prepare()
  for (const name of ["htmx:after:swap", "htmx:after:settle", "witty:shown"]) document.addEventListener(name, prepare)

  document.addEventListener("input", (event) => {
    const form = event.target.form
    if (form?.dataset.composer && (event.target.name === "text" || event.target.name === "note")) keep(form)
  })

  function draft(form) {
    try { return JSON.parse(localStorage.getItem(key(form)) || "null") } catch { return null }
  }

  function keep(form) {
    const text = form.elements.text.value
    const quotes = form.elements.quotes.value
    if (!text && !quotes) { localStorage.removeItem(key(form)); return }
    const quoted = form.querySelector("[data-quoted-text]").textContent
    localStorage.setItem(key(form), JSON.stringify({ text, note: Boolean(form.querySelector("[data-note]")?.checked), quotes, quoted }))
  }

  function quote(form, number, words) {
    form.elements.quotes.value = number
    form.querySelector("[data-quoting]").hidden = !number
    form.querySelector("[data-quoted-text]").textContent = words
  }

  function wordsOf(line) {
    const said = line?.querySelector(".wa-caption .wa-text, .wa-doc .fw-semibold")?.textContent.trim()
    const shown = line?.querySelector("img[alt], audio[aria-label], video[aria-label]")
    return [...(said || shown?.alt || shown?.ariaLabel || "")].slice(0, 90).join("")
  }

  // Responder: without scripts the same link is a page
  document.addEventListener("click", (event) => {
    const asked = event.target.closest("a[data-quote], a[data-unquote]")
    const form = asked?.closest(".wa-pane")?.querySelector("form[data-composer]")
    if (!form || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    event.stopImmediatePropagation()
    asked.dataset.quote ? quote(form, asked.dataset.quote, wordsOf(asked.closest(".wa-msg"))) : quote(form, "", "")
    keep(form)
    form.elements.text.focus()
  }, true)

  // who signs out leaves nothing behind for the next one at this computer
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") !== "/logout/") return
    for (const name of Object.keys(localStorage)) if (name.startsWith("draft:")) localStorage.removeItem(name)
  })

  document.addEventListener("keydown", (event) => {
    const form = event.target.form
    if (event.target.name !== "text" || !form?.dataset.composer) return
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit() }
    if (event.key === "Escape") event.target.blur()
    if (event.altKey && event.code === "KeyI") { event.preventDefault(); form.querySelector("[data-note]").click() }
  })

  document.addEventListener("change", (event) => {
    const form = event.target.form
    if (!form?.dataset.composer) return
    if (event.target.matches("[data-note]")) {
      // only notes may be written here: the box stays as it is
      if (event.target.hasAttribute("data-only-notes")) event.target.checked = true
      form.elements.text.focus()
    }
  })

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-emoji]")
    for (const open of document.querySelectorAll(".wa-emoji")) if (!open.contains(event.target)) open.remove()
    if (!opener) return
    const area = opener.form.elements.text
    const list = Object.assign(document.createElement("div"), { className: "dropdown-menu show wa-menu-up wa-emoji" })
    for (const one of EMOJI) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-icon btn-ghost", textContent: one })
      button.addEventListener("click", () => {
        area.setRangeText(one, area.selectionStart, area.selectionEnd, "end")
        area.dispatchEvent(new Event("input", { bubbles: true }))
        area.focus()
        list.remove()
      })
      list.append(button)
    }
    opener.form.append(list)
    list.firstElementChild.focus()
  })

  // what was on the screen for a second has been read; an answer that missed something newer comes back
  document.addEventListener("submit", (event) => {
    const form = event.target
    if (!form.dataset?.composer) return
    const log = document.getElementById(`log-${form.dataset.composer}`)
    const seen = [...(log?.querySelectorAll("[data-heard]") || [])].filter((line) => Date.now() - (arrived.get(line) ?? 0) > 1000)
    const last = Math.max(Number(form.elements.last_seen.value) || 0, ...seen.map((line) => Number(line.dataset.heard)))
    form.elements.last_seen.value = last
    sent.set(form.id, { text: form.elements.text.value, file: form.querySelector("input[type=file]")?.files[0] })
  }, true)

  document.addEventListener("htmx:after:swap", (event) => {
    const form = event.detail.ctx?.sourceElement
    const status = event.detail.ctx?.response?.status
    if (!form?.dataset?.composer || status !== 200) return
    const now = document.getElementById(form.id)
    if (!now) return localStorage.removeItem(key(form))
    const hadNote = now.querySelector("[data-note]")?.checked
    // what was written or chosen while it was on its way stays
    const gone = sent.get(form.id)
    const text = now.elements.text.value
    now.elements.text.value = gone && text.startsWith(gone.text) ? text.slice(gone.text.length) : text
    if (!now.elements.text.value) localStorage.removeItem(key(form))
    const input = now.querySelector("input[type=file]")
    if (input && input.files[0] === gone?.file) { input.value = ""; input.dispatchEvent(new Event("change", { bubbles: true })) }
    quote(now, "", "")
    now.elements.text.dispatchEvent(new Event("input", { bubbles: true }))
    if (hadNote && !now.querySelector("[data-only-notes]")) now.querySelector("[data-note]").checked = false
    now.elements.text.focus()
  })
})()
