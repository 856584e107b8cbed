// Writing: drafts kept in this browser, Enter sends, notes, files, what was seen.
(() => {
  const me = document.getElementById("live").dataset.agent
  // of this agent, and as what it was written: a note must never come back as a message
  const key = (form) => `draft:${me}:${form.dataset.composer}`
  const words = document.getElementById("words").dataset
  const MOST = 10 * 1024 * 1024
  const EMOJI = ["😀", "😊", "😉", "😅", "🙂", "😢", "👍", "👋", "🙏", "💪", "🎉", "❤️", "✅", "❌", "⏰", "📦", "🚚", "💳", "📄", "📷"]
  const arrived = new WeakMap()

  function prepare() {
    for (const form of document.querySelectorAll("form[data-composer]")) {
      if (form.dataset.ready) continue
      form.dataset.ready = "1"
      const kept = JSON.parse(localStorage.getItem(key(form)) || "null")
      if (kept && !form.elements.text.value) {
        form.elements.text.value = kept.text
        const note = form.querySelector("[data-note]")
        if (kept.note && note) note.checked = true
      }
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

  function keep(form) {
    const text = form.elements.text.value
    if (!text) { localStorage.removeItem(key(form)); return }
    localStorage.setItem(key(form), JSON.stringify({ text, note: Boolean(form.querySelector("[data-note]")?.checked) }))
  }

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
    if (event.target.type === "file") showFile(form)
  })

  function showFile(form) {
    const input = form.querySelector("input[type=file]")
    const place = form.querySelector("[data-file-name]")
    const file = input?.files[0]
    if (file && file.size > MOST) {
      input.value = ""
      document.dispatchEvent(new CustomEvent("toast", { detail: { level: "error", title: words.tooBig, text: file.name } }))
      return showFile(form)
    }
    place.hidden = !file
    place.replaceChildren()
    if (!file) return
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "wa-link", textContent: words.remove })
    remove.addEventListener("click", () => { input.value = ""; showFile(form) })
    place.append(`${file.name} `, remove)
  }

  document.addEventListener("paste", (event) => {
    const form = event.target.form
    const input = form?.dataset.composer && form.querySelector("input[type=file]")
    if (input && event.clipboardData?.files.length) { input.files = event.clipboardData.files; showFile(form) }
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
  }, true)

  document.addEventListener("htmx:after:swap", (event) => {
    const form = event.detail.ctx?.sourceElement
    const status = event.detail.ctx?.response?.status
    if (!form?.dataset?.composer || status !== 200) return
    localStorage.removeItem(key(form))
    const now = document.getElementById(form.id)
    if (!now) return
    const hadNote = now.querySelector("[data-note]")?.checked
    now.elements.text.value = ""
    const input = now.querySelector("input[type=file]")
    if (input) { input.value = ""; showFile(now) }
    if (hadNote && !now.querySelector("[data-only-notes]")) now.querySelector("[data-note]").checked = false
    now.elements.text.focus()
  })
})()
