{# Rendered for each origin (webchat.pages.serve_launcher): each value goes through escapejs or is a checked colour. #}
// The launcher of the web chat. It reads its own address, puts one button on the page, and makes the panel's
// iframe when it is first needed. Nothing inline and no eval: a strict CSP only has to allow this host in
// script-src and frame-src. The page gets one object: WittyChat["<key>"] = {open, close}.
;(() => {
  // also keeps functions in blocks from becoming the page's
  "use strict"

  const KEY = "{{ origin.key|escapejs }}"
  const TITLE = "{{ title|escapejs }}"
  const WORDS = {
    open: "{% filter escapejs %}{% translate "Abrir el chat" %}{% endfilter %}",
    close: "{% filter escapejs %}{% translate "Cerrar el chat" %}{% endfilter %}",
    frame: "{% filter escapejs %}{% translate "Chat con %(title)s" %}{% endfilter %}",
    one: "{% filter escapejs %}{% translate "1 mensaje sin leer" %}{% endfilter %}",
    many: "{% filter escapejs %}{% translate "%(count)s mensajes sin leer" %}{% endfilter %}",
  }
  const ICONS = {
    message: [
      "M3 20l1.3 -3.9c-2.324 -3.437 -1.426 -7.872 2.1 -10.374c3.526 -2.501 8.59 -2.296 11.845 .48" +
        "c3.255 2.777 3.695 7.266 1.029 10.501c-2.666 3.235 -7.615 4.215 -11.574 2.293l-4.7 1",
    ],
    x: ["M18 6l-12 12", "M6 6l12 12"],
  }
  const CSS = `
    :host { all: initial; --accent: {{ brand.accent }}; --on: {{ brand.on }}; --line: #dfe2e0; --paper: #f7f6f3; }
    [hidden] { display: none !important; }
    .launch, .frame { position: fixed; z-index: 2147483000; right: 24px; }
    .launch { bottom: 24px; display: grid; place-items: center; width: 56px; height: 56px; padding: 0; border: 0;
      border-radius: 50%; background: var(--accent); color: var(--on); cursor: pointer;
      box-shadow: 0 8px 24px rgb(0 0 0 / .22); }
    .launch:focus-visible { outline: 2px solid var(--on); box-shadow: 0 0 0 5px var(--accent); }
    .launch svg { width: 26px; height: 26px; fill: none; stroke: currentColor; stroke-width: 1.75;
      stroke-linecap: round; stroke-linejoin: round; }
    .badge { position: absolute; top: -4px; right: -4px; box-sizing: border-box;
      min-width: 22px; height: 22px; padding: 0 6px;
      border: 2px solid #fff; border-radius: 11px; background: #b12725; color: #fff; text-align: center;
      font: 700 12px/18px -apple-system, "Segoe UI", Roboto, "Noto Sans", system-ui, sans-serif; }
    .frame { bottom: 96px; width: 384px; height: 680px; overflow: hidden; box-sizing: border-box;
      max-height: calc(100vh - 120px); max-height: calc(100dvh - 120px);
      border: 1px solid var(--line); border-radius: 16px; background: var(--paper);
      box-shadow: 0 16px 48px rgb(0 0 0 / .2); }
    iframe { display: block; width: 100%; height: 100%; border: 0; }
    .news { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
    @media (max-width: 480px) {
      .frame { inset: 0; width: auto; height: 100vh; height: 100dvh; max-height: none; border: 0; border-radius: 0; }
      .frame:not([hidden]) ~ .launch { display: none; }
    }
    @media (prefers-color-scheme: dark) {
      :host { --accent: {{ brand.dark_accent }}; --on: {{ brand.dark_on }}; --line: #39454b; --paper: #171f23; }
    }
    @media (prefers-reduced-motion: no-preference) {
      .frame { animation: in .16s ease-out; }
      @keyframes in { from { opacity: 0; transform: translateY(12px); } }
    }
    @media print { .launch, .frame { display: none; } }
  `

  // a module has no currentScript
  const script = document.currentScript ?? [...document.scripts].find((one) => one.src.includes(`/w/${KEY}/widget.js`))
  const chats = (window.WittyChat ??= Object.create(null))
  const base = script && new URL(".", script.src)

  const host = document.createElement("witty-chat")
  const root = host.attachShadow({ mode: "open" })
  const box = make("div", { class: "frame", hidden: "" })
  const badge = make("span", { class: "badge", "aria-hidden": "true", hidden: "" })
  const news = make("span", { class: "news", role: "status" })
  const button = make("button", { class: "launch", type: "button" })
  let frame = null
  let isReady = false
  let isOpen = false
  let unread = 0

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
    element.append(...children)
    return element
  }

  function makeIcon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
    svg.setAttribute("viewBox", "0 0 24 24")
    svg.setAttribute("aria-hidden", "true")
    for (const d of ICONS[name]) {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path")
      path.setAttribute("d", d)
      svg.append(path)
    }
    return svg
  }

  // A style element would need the page's permission (style-src); a sheet made by a script does not.
  function dressRoot() {
    try {
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(CSS)
      root.adoptedStyleSheets = [sheet]
    } catch {
      root.append(make("style", {}, CSS))
    }
  }

  // Whether this browser has a chat going: then the panel loads unseen and counts what comes.
  function isKnown() {
    try {
      return localStorage.getItem(`witty.${KEY}`) !== null
    } catch {
      return false
    }
  }

  function rememberChat() {
    try {
      localStorage.setItem(`witty.${KEY}`, "1")
    } catch {
      /* a page without storage */
    }
  }

  function loadPanel() {
    if (frame) return
    // the panel answers to this page only: it learns from the fragment which one that is
    frame = make("iframe", { title: WORDS.frame.replace("%(title)s", () => TITLE) })
    frame.src = `${base.href}#${encodeURIComponent(location.origin)}`
    box.append(frame)
  }

  function tellPanel(type) {
    if (isReady) frame.contentWindow.postMessage({ witty: KEY, type }, base.origin)
  }

  function showButton() {
    const count = unread === 1 ? WORDS.one : WORDS.many.replace("%(count)s", unread)
    const label = unread ? `${WORDS.open}, ${count}` : WORDS.open
    button.setAttribute("aria-expanded", String(isOpen))
    button.setAttribute("aria-label", isOpen ? WORDS.close : label)
    button.replaceChildren(makeIcon(isOpen ? "x" : "message"), badge)
    badge.textContent = unread > 99 ? "99+" : String(unread)
    badge.hidden = isOpen || !unread
    news.textContent = isOpen || !unread ? "" : count
  }

  function open() {
    loadPanel()
    isOpen = true
    box.hidden = false
    showButton()
    tellPanel("open")
    frame.focus()
  }

  function close() {
    if (!isOpen) return
    isOpen = false
    box.hidden = true
    showButton()
    tellPanel("close")
    button.focus()
  }

  function hearPanel({ type, count }) {
    if (type === "ready") {
      isReady = true
      if (!isOpen) return
      tellPanel("open")
      frame.focus()
    } else if (type === "close") {
      close()
    } else if (type === "known") {
      rememberChat()
    } else if (type === "unread" && Number.isInteger(count) && count >= 0 && count !== unread) {
      unread = count
      showButton()
    }
  }

  function start() {
    dressRoot()
    root.append(box, button, news)
    document.body.append(host)
    addEventListener("message", (event) => {
      if (!frame || event.source !== frame.contentWindow || event.origin !== base.origin) return
      const said = Object(event.data)
      if (said.witty === KEY) hearPanel(said)
    })
    button.addEventListener("click", () => (isOpen ? close() : open()))
    button.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && isOpen) close()
    })
    chats[KEY] = { open, close }
    showButton()
    if (isKnown()) loadPanel()
  }

  // put twice on a page, it is there once
  if (base && !chats[KEY]) {
    chats[KEY] = { open() {}, close() {} }
    if (document.body) start()
    else document.addEventListener("DOMContentLoaded", start)
  }
})()
