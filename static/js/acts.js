// Around a message: the small menu of reactions, menus that close, the preview of a template's header, and a pane
// whose window has opened or shut since it was drawn.
(() => {
  // --- the small menu -----------------------------------------------------------------------------

  const menu = Object.assign(document.createElement("div"), { id: "message-menu", className: "dropdown-menu wa-menu-message", popover: "auto", role: "dialog" })
  document.body.append(menu)
  // what it showed is gone with it: nothing stands twice on a page
  menu.addEventListener("toggle", (event) => { if (event.newState === "closed") menu.replaceChildren() })

  document.addEventListener("click", async (event) => {
    const opener = event.target.closest("a[data-menu]")
    if (!opener || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    event.stopImmediatePropagation()
    menu.replaceChildren()
    await htmx.ajax("GET", opener.href, { source: menu, target: menu, swap: "innerHTML", select: "#dialog-form" })
    if (!menu.firstElementChild) return
    menu.setAttribute("aria-label", opener.getAttribute("aria-label"))
    menu.showPopover()
    const at = opener.getBoundingClientRect()
    const { width, height } = menu.getBoundingClientRect()
    menu.style.left = `${Math.max(8, Math.min(innerWidth - width - 8, at.left + at.width / 2 - width / 2))}px`
    menu.style.top = `${at.top - height - 4 > 8 ? at.top - height - 4 : at.bottom + 4}px`
    menu.querySelector("button")?.focus()
  }, true)

  // before whoever opens a dialog from it
  window.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll("details.wa-plus[open]")) if (!open.contains(event.target) || event.target.closest("a")) open.open = false
  }, true)

  document.addEventListener("htmx:after:request", (event) => {
    if (menu.contains(event.detail.ctx.sourceElement) && event.detail.ctx.sourceElement !== menu) menu.hidePopover()
  })

  document.addEventListener("keydown", (event) => {
    const open = event.target.closest?.("details.wa-plus[open]")
    if (open && event.key === "Escape") { open.open = false; open.querySelector("summary").focus() }
    if (!menu.contains(event.target)) return
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    const buttons = [...menu.querySelectorAll("button")]
    if (step) { event.preventDefault(); buttons[(buttons.indexOf(event.target) + step + buttons.length) % buttons.length].focus() }
  })

  // --- a template's header ------------------------------------------------------------------------

  let address = ""
  function showHeader(input) {
    const place = document.querySelector("[data-header-shown]")
    const file = input.files[0]
    if (!place || !file) return
    URL.revokeObjectURL(address)
    address = URL.createObjectURL(file)
    const kind = { IMAGE: "img", VIDEO: "video" }[input.dataset.header]
    const seen = document.createElement(kind || "bdi")
    if (kind) seen.src = address
    else seen.textContent = file.name
    if (kind === "img") seen.alt = file.name
    if (kind === "video") { seen.controls = true; seen.setAttribute("aria-label", file.name) }
    place.replaceChildren(seen)
  }
  document.addEventListener("change", (event) => { if (event.target.matches("[data-header]")) showHeader(event.target) })

  // --- the window ---------------------------------------------------------------------------------

  const asked = new Set()
  function watch() {
    for (const input of document.querySelectorAll("[data-header]")) {
      if (input.files.length && !document.querySelector("[data-header-shown]")?.querySelector("img, video, bdi")) showHeader(input)
    }
    for (const pane of document.querySelectorAll(".wa-pane[data-window]")) {
      const isOpen = ["open", "human_agent"].includes(pane.dataset.window)
      const seen = Number(pane.querySelector("[name=last_seen]")?.value) || 0
      const heard = [...pane.querySelectorAll("[data-heard]")].map((line) => Number(line.dataset.heard))
      // the customer has answered, or the network has said that it is over: what may be written is another now
      const why = isOpen ? pane.querySelector(".wa-msg[data-shut]")?.id : Math.max(0, ...heard) > seen && Math.max(...heard)
      const once = `${pane.id} ${pane.dataset.window} ${why}`
      if (!why || asked.has(once)) continue
      asked.add(once)
      window.witty?.part(pane)
    }
  }
  for (const name of ["htmx:after:swap", "witty:shown"]) document.addEventListener(name, watch)
})()
