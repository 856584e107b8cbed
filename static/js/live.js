// The live feed: one socket, numbered events. HTTP is the truth: a gap, a break or an order to resync asks it again.
(() => {
  const live = document.getElementById("live")
  if (!live) return
  const words = document.getElementById("words").dataset
  const me = live.dataset.agent
  const strip = document.getElementById("connection")
  const steps = new Map() // chat -> the last step of its way that a row here was told of
  const marks = new Map() // group -> number of the last event that this page shows
  let connection = null
  let wasOpen = false
  let lostAt = 0
  let lastWord = Date.now()
  let asked = ""
  let heardBytes = 0

  const json = (id) => JSON.parse(document.getElementById(id)?.textContent || "{}")
  const waiting = new Map(Object.entries(json("rail-waiting-map")))
  const unread = new Map(Object.entries(json("rail-unread-map")))

  // --- what the page shows ---------------------------------------------------------------------

  // Every part says in its HTML which event it already contains. A part that came anew overrules.
  const seen = new WeakMap()
  function readMarks() {
    const feeds = document.getElementById("feeds")
    if (feeds && seen.get(feeds) !== feeds.textContent) {
      seen.set(feeds, feeds.textContent)
      for (const [group, number] of Object.entries(JSON.parse(feeds.textContent))) marks.set(group, number)
    }
    for (const part of document.querySelectorAll("[data-feed]")) {
      const now = `${part.dataset.feed} ${part.dataset.mark}`
      if (seen.get(part) !== now) {
        seen.set(part, now)
        marks.set(part.dataset.feed, Number(part.dataset.mark))
      }
    }
    const shown = new Set([...document.querySelectorAll("[data-feed]")].map((part) => part.dataset.feed))
    for (const group of marks.keys()) if (group.startsWith("chat.") && !shown.has(group)) marks.delete(group)
    const wanted = JSON.stringify([...shown].sort())
    if (wanted !== asked && say({ chats: [...shown] })) asked = wanted
  }

  function say(frame) {
    if (connection?.socket?.readyState !== 1) return false
    connection.socket.send(JSON.stringify(frame))
    return true
  }

  // --- asking again ----------------------------------------------------------------------------

  const inTurn = new Map()
  // one request a part at a time, and one more after it if something came meanwhile
  function again(key, ask) {
    const running = inTurn.get(key)
    if (running) { running.more = true; return running.done }
    const turn = { more: false }
    turn.done = (async () => {
      do { turn.more = false; try { await ask() } catch { /* the next event or beat asks again */ } } while (turn.more)
      inTurn.delete(key)
      readMarks()
    })()
    inTurn.set(key, turn)
    return turn.done
  }

  async function fetchHtml(url) {
    const headers = { "HX-Request": "true", "Witty-Refresh": "1" }
    const answer = await fetch(url, { headers, credentials: "same-origin" })
    if (answer.headers.has("HX-Redirect")) { ended(); return null }
    return answer
  }

  // what the agent asked for stands: an answer that was asked for before it came must not replace it
  let actions = 0
  document.addEventListener("htmx:before:swap", (event) => {
    const { target, response } = event.detail.ctx || {}
    if (response?.status < 400 && (target === "#main" || target?.id === "main")) actions += 1
  })

  const wholePage = () => again("page", async () => {
    const address = location.href
    const before = actions
    const answer = await fetchHtml(address)
    if (!answer || location.href !== address) return
    if (actions !== before) { inTurn.get("page").more = true; return }
    if (answer.redirected || answer.status === 404) { location.assign(answer.status === 404 ? "/bandejas/" : answer.url); return }
    if (!answer.ok) return
    const html = await answer.text()
    if (actions !== before) { inTurn.get("page").more = true; return }
    const chosen = answer.headers.get("Witty-Url")
    if (chosen) history.replaceState(history.state, "", chosen)
    await swapMain(html)
  })

  async function swapMain(html) {
    const main = document.getElementById("main")
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("main")
    const wasInList = Boolean(document.activeElement?.closest?.(".wa-rows, #preview"))
    if (fresh) await htmx.swap({ sourceElement: main, target: "#main", swap: "innerMorph", text: fresh.innerHTML })
    // the row that had the focus may have left; it stays in the list
    if (wasInList && document.activeElement === document.body) document.querySelector(".wa-row[aria-current], .wa-row")?.focus()
    document.dispatchEvent(new CustomEvent("witty:shown"))
  }

  function part(element) {
    if (element.id === "preview") return wholePage()
    return again(element.id, async () => {
      const answer = await fetchHtml(element.dataset.src)
      if (!answer) return
      if (!answer.ok) return wholePage()
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(element.id)
      if (fresh) await htmx.swap({ sourceElement: element, target: `#${element.id}`, swap: "outerMorph", text: fresh.outerHTML })
      document.dispatchEvent(new CustomEvent("witty:shown"))
    })
  }

  // --- events ----------------------------------------------------------------------------------

  document.addEventListener("htmx:ws:after:connection", (event) => {
    connection = event.detail.connection
    lastWord = Date.now()
    asked = ""
    readMarks()
    if (wasOpen && lostAt) back()
    wasOpen = true
    lostAt = 0
  })

  document.addEventListener("htmx:ws:before:message:incoming", (event) => {
    const message = event.detail.message
    const cut = message.data.indexOf("\n")
    lastWord = Date.now()
    // the server closes a line whose far end has said nothing for too many bytes: in a burst the beat is too slow
    heardBytes += message.data.length
    if (heardBytes > 262144) { heardBytes = 0; say({ got: 1 }) }
    let head
    try { head = JSON.parse(cut < 0 ? message.data : message.data.slice(0, cut)) } catch { head = null }
    const html = cut < 0 ? "" : message.data.slice(cut + 1)
    if (!head || !take(head) || !html) { event.preventDefault(); return }
    message.data = html
  })

  document.addEventListener("htmx:ws:after:message:incoming", () => document.dispatchEvent(new CustomEvent("witty:shown")))

  // true: the HTML behind this head is to be shown
  function take(head) {
    if (head.beat) { say({ ok: 1 }); compare(head.beat); return false }
    if (head.marks) { compare(head.marks); return false }
    if (head.resync) { wholePage(); return false }
    if (head.refused) { for (const group of head.refused) partsOf(group).forEach(part); return false }
    if (!head.g) return false
    const last = marks.get(head.g)
    if (last === undefined || head.n <= last) return false
    const isNext = head.n === last + 1 || last === 0
    marks.set(head.g, head.n)
    if (!isNext) { missed(head.g); return false }
    told(head)
    if (head.step !== undefined) {
      // two moves may be told in the other order: a row of an older step must not come back
      if (head.step < (steps.get(head.chat) ?? 0)) return false
      steps.set(head.chat, head.step)
    }
    return true
  }

  const partsOf = (group) => [...document.querySelectorAll(`[data-feed="${group}"]`)]

  function missed(group) {
    if (group.startsWith("chat.")) partsOf(group).forEach(part)
    else wholePage()
  }

  function compare(numbers) {
    for (const [group, number] of Object.entries(numbers)) {
      const last = marks.get(group)
      if (last === undefined || number === last || (number < last && last - number < 5)) continue
      marks.set(group, number)
      missed(group)
    }
  }

  function told(head) {
    // an action that was asked for here answers by itself
    if (head.moved) partsOf(head.g).filter((one) => !one.dataset.busy).forEach(part)
    if (head.tray !== undefined && head.count !== undefined) trayCount(head)
    if (head.g === `agent.${me}` && head.unread !== undefined) held(head)
    if (head.contact !== undefined) {
      const card = document.querySelector(`[data-screen="contacto"][data-contact="${head.contact}"]`)
      if (card) wholePage()
    }
  }

  function trayCount({ tray, count, since }) {
    const key = String(tray)
    if (waiting.has(key)) {
      const grew = count > waiting.get(key)
      waiting.set(key, count)
      number("rail-waiting", waiting)
      if (grew) announce(words.arrived.replace("%n", count))
    }
    for (const place of document.querySelectorAll(`[data-tray-count="${tray}"]`)) {
      place.firstElementChild.textContent = count >= 1000 ? "999+" : count
      place.classList.toggle("text-muted", !count)
    }
    for (const head of document.querySelectorAll(`[data-tray-head="${tray}"]`)) {
      const { none, one, many } = head.dataset
      head.querySelector("[data-waiting]").textContent = count === 0 ? none : count === 1 ? one : many.replace("%n", count)
      const longest = head.querySelector("[data-longest]")
      longest.hidden = !since
      if (since) longest.querySelector(".wa-wait").dataset.since = since
    }
  }

  function held({ chat, unread: count, heard, name, gone }) {
    if (gone || !count) unread.delete(String(chat))
    else unread.set(String(chat), count)
    number("rail-unread", unread)
    if (heard && !document.querySelector(`.wa-pane[data-chat="${chat}"]`)) {
      const title = name
      const text = count === 1 ? words.newOne : words.newMany.replace("%n", count)
      document.dispatchEvent(new CustomEvent("toast", { detail: { level: "info", title, text, action: { label: words.open, url: `/chat/${chat}/` } } }))
    }
  }

  function number(id, map) {
    const place = document.getElementById(id)
    const total = [...map.values()].reduce((sum, one) => sum + one, 0)
    place.replaceChildren()
    if (!total) return
    const word = document.createElement("span")
    word.className = "visually-hidden"
    word.textContent = ` ${place.dataset.word}`
    place.append(total >= 1000 ? "999+" : String(total), word)
  }

  let announcedAt = 0
  function announce(text) {
    if (Date.now() - announcedAt < 5000) return
    announcedAt = Date.now()
    document.getElementById("announce").textContent = text
  }

  // --- the line itself -------------------------------------------------------------------------

  document.addEventListener("htmx:ws:close", (event) => {
    connection = null
    if (event.detail.code === 4401) { ended(); return }
    if (event.detail.code === 4012) { wholePage(); return }
    lostAt ||= Date.now()
  })

  setInterval(() => {
    // a line that says nothing for three beats is dead, whatever the browser thinks
    if (connection && Date.now() - lastWord > 32000) connection.socket.close(3000)
    if (lostAt && Date.now() - lostAt > 3000 && strip.dataset.kind !== "offline") show("offline", words.offline, words.retry)
  }, 1000)

  function show(kind, text, action) {
    strip.dataset.kind = kind
    strip.className = `wa-banner wa-connection ${{ online: "is-good", ended: "is-bad" }[kind] || ""}`
    strip.replaceChildren(Object.assign(document.createElement("span"), { textContent: text }))
    if (action) {
      const button = Object.assign(document.createElement("button"), { className: "btn btn-sm", type: "button", textContent: action })
      button.addEventListener("click", () => kind === "ended" ? location.assign(`/login/?next=${encodeURIComponent(location.pathname)}`) : htmx.process(live, true))
      strip.append(button)
    }
    strip.hidden = false
  }

  async function back() {
    // the page catches up before it says that it is back
    await wholePage()
    if (strip.dataset.kind !== "offline") return
    show("online", words.online)
    setTimeout(() => { if (strip.dataset.kind === "online") { strip.hidden = true; strip.dataset.kind = "" } }, 4000)
  }

  function ended() {
    lostAt = 0
    show("ended", words.ended, words.login)
  }

  document.addEventListener("htmx:before:request", (event) => {
    const place = event.detail.ctx?.sourceElement?.closest?.("[data-feed]")
    if (place && event.detail.ctx.request?.method?.toUpperCase() === "POST") place.dataset.busy = "1"
  })
  document.addEventListener("htmx:finally:request", (event) => {
    const place = event.detail.ctx?.sourceElement?.closest?.("[data-feed]")
    if (place) delete place.dataset.busy
  })
  document.addEventListener("htmx:after:swap", readMarks)
  document.addEventListener("witty:shown", readMarks)
  window.witty = { part, wholePage, say }
})()
