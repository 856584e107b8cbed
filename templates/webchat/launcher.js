{# Rendered for each origin (webchat.pages.serve_launcher): each value goes through escapejs or is a checked colour. #}
// The launcher of the web chat. It reads its own address, puts one button on the page, and makes the panel's
// iframe when it is first needed. Nothing inline and no eval: a strict CSP only has to allow this host in
// script-src and frame-src. The page gets one object: WittyChat["<key>"] = {open, close}.
;(() => {
  // also keeps functions in blocks from becoming the page's
  "use strict"

  const KEY = "{{ origin.key|escapejs }}"
  const TITLE = "{{ title|escapejs }}"
  const WORDS = JSON.parse("{{ words|escapejs }}")
  const ICONS = {
    message: [
      "M3 20l1.3 -3.9c-2.324 -3.437 -1.426 -7.872 2.1 -10.374c3.526 -2.501 8.59 -2.296 11.845 .48" +
        "c3.255 2.777 3.695 7.266 1.029 10.501c-2.666 3.235 -7.615 4.215 -11.574 2.293l-4.7 1",
    ],
    x: ["M18 6l-12 12", "M6 6l12 12"],
  }
  const SLOW_MS = 8000
  const SETTLED_MS = 2000 // between the page in the frame and what it says
  const CSS = `
    {% include "webchat/launcher.css" %}
  `

  // a module has no currentScript
  const script = document.currentScript ?? [...document.scripts].find((one) => one.src.includes(`/w/${KEY}/widget.js`))
  const chats = (window.WittyChat ??= Object.create(null))
  const base = script && new URL(".", script.src)

  const host = document.createElement("witty-chat")
  const root = host.attachShadow({ mode: "open" })
  const box = make("div", { class: "frame", hidden: "" })
  const cover = make("section", { class: "cover", "aria-label": WORDS.frame.replace("%(title)s", () => TITLE) })
  const said = make("p", { role: "status" })
  const leave = make("button", { type: "button", "aria-label": WORDS.leave })
  const retry = make("button", { type: "button", hidden: "" }, WORDS.retry)
  const tab = make("a", { target: "_blank", rel: "noopener", hidden: "" }, WORDS.tab)
  const badge = make("span", { class: "badge", "aria-hidden": "true", hidden: "" })
  const news = make("span", { class: "news", role: "status" })
  const button = make("button", { class: "launch", type: "button" })
  let frame = null
  let isReady = false
  let hasFailed = false
  let isOpen = false
  let unread = 0
  let timer = 0

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
    if (frame && !hasFailed) return
    frame?.remove()
    isReady = hasFailed = false
    // the panel answers to this page only: it learns from the fragment which one that is
    frame = make("iframe", { title: WORDS.frame.replace("%(title)s", () => TITLE) })
    frame.src = `${base.href}#${encodeURIComponent(location.origin)}`
    frame.addEventListener("load", () => expectPanel(SETTLED_MS, WORDS.failed))
    box.prepend(frame)
    showCover(WORDS.loading)
    expectPanel(SLOW_MS, WORDS.slow)
  }

  // Until the panel says that it is there, this is what the visitor has: a sentence, and the way out.
  function showCover(words) {
    said.textContent = words
    cover.hidden = false
    retry.hidden = words === WORDS.loading
    tab.hidden = words !== WORDS.barred
  }

  function expectPanel(ms, otherwise) {
    clearTimeout(timer)
    // a barred frame "loads", too: what has been said of it stands
    timer = setTimeout(() => isReady || hasFailed || showTrouble(otherwise), ms)
  }

  function showTrouble(words) {
    hasFailed = words !== WORDS.slow
    showCover(words)
  }

  function focusPanel() {
    if (isReady) frame.focus()
    else leave.focus()
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
    focusPanel()
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
      clearTimeout(timer)
      isReady = true
      hasFailed = false
      cover.hidden = true
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

  // A site that shows its next page by replacing the body (Turbo, Astro, an application of one page) takes the chat
  // out with it, and may leave the copy of an earlier one behind: it comes back as it was, open or closed.
  function stay() {
    const watcher = new MutationObserver(() => host.isConnected || setTimeout(attach))
    function attach() {
      if (!document.body || host.isConnected) return
      for (const copy of document.querySelectorAll(`witty-chat[data-key="${KEY}"]`)) copy.remove()
      // a frame that is put into the page again begins again
      isReady = hasFailed = false
      document.body.append(host)
      watcher.disconnect()
      for (const place of [document, document.documentElement, document.body]) {
        watcher.observe(place, { childList: true })
      }
      if (!frame) return
      showCover(WORDS.loading)
      expectPanel(SLOW_MS, WORDS.slow)
    }
    attach()
  }

  function buildCover() {
    leave.append(makeIcon("x"))
    tab.href = base.href
    cover.append(make("header", {}, make("span", {}, TITLE), leave), make("div", {}, said, retry, tab))
    leave.addEventListener("click", close)
    retry.addEventListener("click", () => {
      hasFailed = true
      loadPanel()
      leave.focus()
    })
    // the page's own policy: nothing will come, and no load says so
    document.addEventListener("securitypolicyviolation", ({ blockedURI, effectiveDirective }) => {
      if (!frame || isReady || !/^(frame|child|default)-src$/.test(effectiveDirective)) return
      if (blockedURI.startsWith(base.origin)) showTrouble(WORDS.barred)
    })
  }

  function start() {
    dressRoot()
    host.dataset.key = KEY
    buildCover()
    box.append(cover)
    root.append(box, button, news)
    stay()
    addEventListener("message", (event) => {
      if (!frame || event.source !== frame.contentWindow || event.origin !== base.origin) return
      const told = Object(event.data)
      if (told.witty === KEY) hearPanel(told)
    })
    button.addEventListener("click", () => (isOpen ? close() : open()))
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && isOpen && !event.isComposing) close()
    })
    chats[KEY] = { open, close }
    showButton()
    if (isOpen) open()
    else if (isKnown()) loadPanel()
  }

  // put twice on a page, it is there once; what is asked of it before there is a page is done then
  if (base && !chats[KEY]) {
    chats[KEY] = { open: () => (isOpen = true), close: () => (isOpen = false) }
    if (document.body) start()
    else document.addEventListener("DOMContentLoaded", start)
  }
})()
