// Keys act on the chosen row or the active pane, never while typing; single keys can be switched off (WCAG 2.1.4).
(() => {
  const typing = (element) => element?.closest?.("input, textarea, select, [contenteditable]")
  const click = (selector, root = document) => root?.querySelector(selector)?.click()
  const pane = () => document.querySelector(".wa-pane.is-active") || document.querySelector(".wa-pane")
  const setting = document.getElementById("single-keys")
  if (setting) {
    setting.checked = localStorage.getItem("single-keys") !== "off"
    setting.addEventListener("change", () => localStorage.setItem("single-keys", setting.checked ? "on" : "off"))
  }
  let went = 0

  function row(step) {
    const rows = [...document.querySelectorAll(".wa-rows .wa-row")]
    if (!rows.length) return
    const at = rows.findIndex((one) => one === document.activeElement || one.getAttribute("aria-current"))
    const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))]
    next.focus()
    next.scrollIntoView({ block: "nearest" })
  }

  function takeChosen() {
    const focused = document.activeElement?.closest?.(".wa-rows > li")
    if (focused) click(".wa-take button", focused)
    else click("[data-key-take]")
  }

  const single = {
    j: () => row(1), k: () => row(-1), t: takeChosen, n: () => click("[data-key-next]"),
    d: () => click("[data-key-back]", pane()), e: () => click("[data-key-send]", pane()),
    c: () => click("[data-key-close]", pane()), v: () => click("[data-key-contact]", pane()),
    f: () => document.getElementById("find")?.focus(),
    "?": () => document.getElementById("shortcuts")?.showModal(),
  }
  const places = { b: "/bandejas/", h: "/chat/", c: "/contactos/" }

  document.addEventListener("keydown", (event) => {
    if (event.altKey && !event.ctrlKey && /^Digit[1-4]$/.test(event.code)) {
      const wanted = document.querySelector(`.wa-pane[data-slot="${Number(event.code.at(-1)) - 1}"]`)
      if (wanted) { event.preventDefault(); (wanted.querySelector("textarea") || wanted).focus() }
      return
    }
    if (event.altKey && event.code === "KeyA") { event.preventDefault(); document.querySelector("#presence button")?.click(); return }
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return
    if (setting && !setting.checked) return
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    if (Date.now() - went < 1500) {
      went = 0
      if (places[key]) { location.assign(places[key]); return }
      if (/^[1-4]$/.test(key)) { document.querySelector(`.wa-pane[data-slot="${key - 1}"] textarea`)?.focus(); event.preventDefault(); return }
    }
    if (key === "g") { went = Date.now(); return }
    if (single[key]) { event.preventDefault(); single[key]() }
  })
})()
