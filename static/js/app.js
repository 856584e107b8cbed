// Small manners of the screens: what is chosen, dialogs, menus, filters. Everything works without it, by links and forms.
(() => {
  function settle() {
    const path = location.pathname
    for (const link of document.querySelectorAll(".wa-nav a")) {
      const here = path.startsWith(new URL(link.href).pathname)
      here ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current")
    }
    for (const row of document.querySelectorAll(".wa-rows .wa-row")) {
      const here = new URL(row.href).pathname === path
      here ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current")
    }
    const slots = new Map([...document.querySelectorAll(".wa-pane[data-chat]")].map((pane) => [pane.dataset.chat, Number(pane.dataset.slot) + 1]))
    for (const tab of document.querySelectorAll("#tabs .wa-tab")) {
      const slot = slots.get(tab.dataset.chat)
      const key = tab.querySelector("kbd")
      slot ? tab.setAttribute("aria-current", "true") : tab.removeAttribute("aria-current")
      tab.classList.toggle("is-front", slot === 1)
      if (key) { key.hidden = !slot; key.textContent = slot ? `Alt ${slot}` : "" }
    }
  }
  settle()
  document.querySelector(".wa-tray[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" })
  for (const name of ["htmx:after:swap", "htmx:after:settle", "htmx:after:history:update", "witty:shown"]) document.addEventListener(name, settle)
  window.addEventListener("popstate", () => setTimeout(settle))

  // the pane in use
  document.addEventListener("focusin", (event) => {
    const pane = event.target.closest?.(".wa-pane")
    if (!pane || pane.classList.contains("is-active")) return
    for (const one of document.querySelectorAll(".wa-pane")) one.classList.toggle("is-active", one === pane)
  })
  document.addEventListener("pointerdown", (event) => {
    const pane = event.target.closest?.(".wa-panes > .wa-pane")
    if (!pane) return
    for (const one of document.querySelectorAll(".wa-pane")) one.classList.toggle("is-active", one === pane)
  })

  // dialogs come by URL; without scripts the same link is a page
  const dialog = document.getElementById("dialog")
  document.addEventListener("click", async (event) => {
    const opener = event.target.closest("a[data-dialog]")
    if (opener && dialog && !event.ctrlKey && !event.metaKey) {
      event.preventDefault()
      event.stopImmediatePropagation()
      await htmx.ajax("GET", opener.href, { source: dialog, target: dialog, swap: "innerHTML", select: "#template-form, #dialog-form" })
      if (dialog.firstElementChild) dialog.showModal()
      return
    }
    const closer = event.target.closest("[data-close-dialog]")
    const open = closer?.closest("dialog")
    if (open) { event.preventDefault(); event.stopImmediatePropagation(); open.close() }
    if (event.target instanceof HTMLDialogElement && event.target.matches("dialog.modal")) event.target.close()
    for (const menu of document.querySelectorAll("details.wa-send[open]")) if (!menu.contains(event.target)) menu.open = false
  }, true)
  // what was asked for in a dialog has been done: where it was refused in words, they stand in it
  document.addEventListener("htmx:after:request", (event) => {
    const { sourceElement, response } = event.detail.ctx
    const open = sourceElement?.closest?.("dialog[open]")
    if (open && sourceElement.matches("form[method=post]") && response?.status < 400) open.close()
  })

  // Enviar a…: search among the trays
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.wa-send") && event.target.open) event.target.querySelector("[data-filter]")?.focus()
  }, true)
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-filter]")) {
      const said = fold(event.target.value)
      for (const item of event.target.form.querySelectorAll(".wa-send-list .dropdown-item")) item.hidden = !fold(item.textContent).includes(said)
    }
    if (event.target.matches("[data-variable]")) {
      const { variable, label } = event.target.dataset
      for (const mark of document.querySelectorAll(`[data-shows="${CSS.escape(variable)}"]`)) {
        mark.textContent = event.target.value || label
        mark.classList.toggle("is-empty", !event.target.value)
      }
    }
  })
  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("details.wa-send")
    if (!menu) return
    const items = [...menu.querySelectorAll(".wa-send-list .dropdown-item:not([hidden])")]
    if (event.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); event.stopPropagation() }
    else if (event.key === "Enter" && event.target.matches("[data-filter]")) { event.preventDefault(); items[0]?.click() }
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault()
      const at = items.indexOf(document.activeElement)
      items[(at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length]?.focus()
    }
  })
  document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit()
  })

  // a refused action: the toast comes by itself; the row or pane that it was about is out of date
  document.addEventListener("htmx:response:error", (event) => {
    const status = event.detail.ctx.response?.status
    if (status === 409 || status === 404) window.witty?.wholePage()
    else if (status >= 500) {
      const title = document.getElementById("words").dataset.failed
      document.dispatchEvent(new CustomEvent("toast", { detail: { level: "error", title, text: "" } }))
    }
  })
})()
