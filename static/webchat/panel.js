// The web chat's panel: draws what the line holds and hands it what the visitor does. Runs in the head, without
// defer, so that the brand's colours are there before the first paint; the rest waits for the document.
{
  const root = document.documentElement
  // by script, because the CSP allows no style attribute
  for (const name of ["light", "light-on", "light-ink", "dark", "dark-on"]) {
    root.style.setProperty(`--w-${name}`, root.getAttribute(`data-${name}`))
  }
  document.addEventListener("DOMContentLoaded", start)

  const MINUTE = {hour: "2-digit", minute: "2-digit", hourCycle: "h23"}
  const OFFLINE_AFTER = 3000
  const PICTURE = /^image\/(png|jpeg|gif|webp)$/

  let words, line, list, log, sprite, most, newest

  const clock = date => new Intl.DateTimeFormat(root.lang, MINUTE).format(date)
  const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name])

  function start() {
    const panel = document.querySelector(".w-panel")
    words = JSON.parse(document.getElementById("words").textContent)
    sprite = panel.dataset.icons
    most = Number(panel.dataset.most)
    list = document.getElementById("said")
    log = list.parentElement
    line = new Line(new URL(".", location.href.split(/[?#]/)[0]), panel.dataset.key)
    let isDrawing = false
    line.addEventListener("change", () => {
      if (isDrawing) return
      isDrawing = true
      queueMicrotask(() => {
        isDrawing = false
        draw()
      })
    })
    setUpComposer()
    setUpHost(panel.dataset.key)
    log.setAttribute("aria-busy", "true")
    line.start().finally(() => log.removeAttribute("aria-busy"))
    draw()
  }

  // --- elements ---

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) {
      if (value === true) element.setAttribute(name, "")
      else if (value !== false && value != null) element.setAttribute(name, value)
    }
    element.append(...children)
    return element
  }

  function icon(name, classes = "icon") {
    const ns = "http://www.w3.org/2000/svg"
    const svg = document.createElementNS(ns, "svg")
    const use = document.createElementNS(ns, "use")
    svg.setAttribute("class", classes)
    svg.setAttribute("viewBox", "0 0 24 24")
    svg.setAttribute("aria-hidden", "true")
    use.setAttribute("href", `${sprite}#i-${name}`)
    svg.append(use)
    return svg
  }

  const small = name => icon(name, "icon icon-xs")

  function sizeOf(bytes) {
    const [size, unit] = bytes < 999_500 ? [Math.max(1, Math.round(bytes / 1000)), "kB"] : [Math.round(bytes / 1e5) / 10, "MB"]
    return fill(words[unit], {size: new Intl.NumberFormat(root.lang).format(size)})
  }

  // --- what is said, as lines of the log ---

  // Everything in order: what the server has, what waits, what it refused. One shape for all.
  function items() {
    const said = [...line.said.values()].sort((one, other) => one.number - other.number)
    const own = new Set(said.filter(({author}) => author === "me").map(Line.idOf))
    const loose = [...line.waiting(), ...line.failed.values()].filter(({id}) => !own.has(id))
    return [
      ...said.map(message => ({
        ...message,
        key: message.author === "me" ? Line.idOf(message) : message.id,
        state: message.author === "me" ? "sent" : "",
      })),
      ...loose.sort((one, other) => one.at - other.at).map(item => ({
        key: item.id, author: "me", name: "", kind: item.payload == null ? "text" : "choice", text: item.text, choices: [],
        files: item.blob ? [{name: item.blob.name, size: item.blob.size, mime: item.blob.type, blob: item.blob}] : item.file ? [item.file] : [],
        at: item.at, state: line.failed.has(item.id) ? "failed" : "queued", reason: words[item.reason] ?? item.reason,
      })),
    ]
  }

  // [key, make, update] of each line of the log, in order.
  function lines() {
    const all = items()
    const made = []
    // of a long chat only the end is here: who entered before that is not said
    let day = new Date().toDateString(), before = null, holder = line.isCut && all[0].author === "agent" ? all[0].name : ""
    all.forEach((item, index) => {
      const at = new Date(item.at)
      if (at.toDateString() !== day) {
        day = at.toDateString()
        made.push([`day ${day}`, () => make("li", {class: "w-sys"}, dayOf(at))])
      }
      if (item.author === "agent" && item.name !== holder) {
        const entered = fill(words.entered, {name: item.name, time: clock(at)})
        made.push([`in ${item.key}`, () => make("li", {class: "w-sys"}, entered)])
        before = null
      }
      holder = item.author === "agent" ? item.name : item.author === "bot" ? "" : holder
      if (item.author !== "me" && !(before?.author === item.author && before.name === item.name)) {
        made.push([`who ${item.key}`, () => whoLine(item)])
      }
      made.push([item.key, () => bubble(item), element => refresh(element, item)])
      if (item.choices.length) {
        const next = all.slice(index + 1).find(({author}) => author === "me")
        const offer = {choices: item.choices, isOpen: index === all.length - 1, chosen: next?.kind === "choice" ? next.text : null}
        made.push([`menu ${item.key}`, () => menu(offer), element => settleMenu(element, offer)])
      }
      before = item
    })
    if (!all.length) made.push(["hello", () => make("li", {class: "w-sys"}, words.hello)])
    return made
  }

  function dayOf(at) {
    const year = at.getFullYear() === new Date().getFullYear() ? {} : {year: "numeric"}
    return new Intl.DateTimeFormat(root.lang, {weekday: "long", day: "numeric", month: "long", ...year}).format(at)
  }

  const whoLine = ({author, name}) =>
    make("li", {class: "w-who"}, ...(author === "bot" ? [small("robot"), words.assistant] : [name]))

  // Puts the log's lines in order and leaves alone what stands: a reader is told of what is new, and only of that.
  function draw() {
    const wanted = lines()
    const standing = new Map([...list.children].map(element => [element.dataset.key, element]))
    const last = wanted.at(-1)?.[0]
    let place = list.firstElementChild
    for (const [key, create, update] of wanted) {
      let element = standing.get(key)
      standing.delete(key)
      if (!element) {
        element = create()
        element.dataset.key = key
      } else {
        update?.(element)
      }
      if (element === place) place = place.nextElementSibling
      else list.insertBefore(element, place)
    }
    for (const element of standing.values()) element.remove()
    // what the visitor just wrote is shown, wherever he had scrolled to
    const mine = line.waiting().at(-1)?.id
    if (mine && mine !== newest && last) {
      newest = mine
      log.scrollTop = 0
    }
    drawFrame()
  }

  function drawFrame() {
    const face = document.getElementById("face")
    const name = line.agent
    document.getElementById("holder").textContent = name ? fill(words.attends, {name}) : words.assistant
    if (face.dataset.name !== name) {
      face.dataset.name = name
      face.replaceChildren(name ? [...name][0].toUpperCase() : icon("robot"))
    }
    const wait = line.lostSince ? line.lostSince + OFFLINE_AFTER - Date.now() : Infinity
    if (wait > 0 && wait < Infinity) setTimeout(drawFrame, wait + 50)
    say("state", line.isGone ? words.gone : wait <= 0 ? words.offline : line.typingUntil ? words.typing : "")
    for (const control of document.forms.write.elements) control.disabled = line.isGone
  }

  // An element that is read out must not be written again with the same words.
  function say(id, text) {
    const element = document.getElementById(id)
    if (element.textContent !== text) element.textContent = text
  }

  // --- one message ---

  function bubble(item) {
    const element = make("li", {class: "w-msg"})
    fillBubble(element, item)
    refresh(element, item)
    return element
  }

  const filesOf = ({files}) => files.map(({id}) => id ?? "here").join()

  function fillBubble(element, item) {
    const said = item.kind === "unsupported" ? words.unsupported : item.text
    const text = make("p", {dir: "auto"}, make("span", {class: "w-text"}, ...linked(said)))
    if (item.author !== "bot") text.append(" ", make("span", {class: "w-stamp"}))
    element.replaceChildren(...item.files.map(attachment), text)
    element.dataset.files = filesOf(item)
  }

  function refresh(element, item) {
    if (element.dataset.files !== filesOf(item)) fillBubble(element, item)
    const stamp = element.querySelector(".w-stamp")
    const state = `${item.state} ${item.at}`
    if (!stamp || stamp.dataset.state === state) return
    stamp.dataset.state = state
    element.className = `w-msg${item.author === "me" ? ` is-me is-${item.state}` : ""}`
    const at = new Date(item.at)
    stamp.replaceChildren(make("time", {datetime: at.toISOString()}, clock(at)), ...stateOf(item))
    element.querySelector(":scope > .w-fail")?.remove()
    if (item.state === "failed") {
      element.append(make("p", {class: "w-fail"}, small("alert-circle"), `${words.failed} ${item.reason ?? ""}`))
    }
  }

  function stateOf({state}) {
    if (state !== "queued" && state !== "sent") return []
    const mark = make("span", {class: "w-state"}, small(state === "sent" ? "check" : "clock"))
    mark.append(make("span", {class: "w-hidden"}, words[state]))
    return [mark]
  }

  // Text with its addresses as links; everything else stays text.
  function linked(text) {
    return text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/).map((part, index) =>
      index % 2 ? make("a", {href: part, target: "_blank", rel: "noopener noreferrer nofollow"}, part) : part
    )
  }

  // --- the bot's choices ---

  function menu(offer) {
    const group = make("div", {class: "w-menu", role: "group", "aria-label": words.options})
    for (const {title, payload} of offer.choices) {
      const button = make("button", {type: "button"}, title)
      button.addEventListener("click", () => {
        line.send({text: title, payload: String(payload ?? "")})
        land()
      })
      group.append(button)
    }
    const element = make("li", {}, group)
    settleMenu(element, offer)
    return element
  }

  function settleMenu(element, {isOpen, chosen}) {
    for (const button of element.querySelectorAll("button")) {
      button.disabled = !isOpen
      button.setAttribute("aria-pressed", String(!isOpen && button.textContent === chosen))
    }
  }

  // --- files ---

  function attachment(file) {
    const isPicture = file.blob ? PICTURE.test(file.mime) : Boolean(file.width)
    return isPicture ? picture(file) : download(file)
  }

  function picture(file) {
    const holder = make("div", {class: "w-pic"})
    const url = file.blob ? Promise.resolve(URL.createObjectURL(file.blob)) : fetched(file)
    url.then(
      href => {
        const image = make("img", {src: href, alt: fill(words.picture, {name: file.name}), width: file.width, height: file.height})
        holder.replaceChildren(make("a", {href, target: "_blank", rel: "noopener"}, image))
      },
      () => holder.replaceChildren(broken(() => holder.replaceWith(picture(file))))
    )
    return holder
  }

  // A picture's bytes, asked for once: the identity is a header, which an <img> cannot send.
  function fetched(file) {
    if (!line.pictures.has(file.id)) {
      const url = bytes(file).then(blob => URL.createObjectURL(blob))
      line.pictures.set(file.id, url)
      url.catch(() => line.pictures.delete(file.id))
    }
    return line.pictures.get(file.id)
  }

  async function bytes(file) {
    const {status, answer} = await line.ask(`files/${file.id}/`, {asBlob: true, seconds: 180})
    if (status !== 200) throw new Error(words.broken)
    return answer
  }

  function broken(again) {
    const button = make("button", {type: "button", class: "w-link"}, words.retry)
    button.addEventListener("click", again)
    return make("p", {class: "w-fail"}, small("alert-circle"), words.broken, " ", button)
  }

  function download(file) {
    const what = make("span", {}, make("b", {}, file.name), make("span", {class: "w-meta"}, sizeOf(file.size)))
    if (file.blob) return make("div", {class: "w-doc"}, icon("file-text"), what)
    const button = make("button", {type: "button", class: "w-doc", "aria-label": fill(words.download, {name: file.name})})
    button.append(icon("download"), what)
    button.addEventListener("click", async () => {
      button.disabled = true
      try {
        // as bytes without a type: whatever it is, the browser saves it and never runs it
        const blob = new Blob([await bytes(file)], {type: "application/octet-stream"})
        const href = URL.createObjectURL(blob)
        make("a", {href, download: file.name}).click()
        setTimeout(() => URL.revokeObjectURL(href), 60_000)
        button.nextElementSibling?.matches(".w-fail") && button.nextElementSibling.remove()
      } catch {
        if (!button.nextElementSibling?.matches(".w-fail")) button.after(make("p", {class: "w-fail"}, small("alert-circle"), words.broken))
      }
      button.disabled = false
    })
    return button
  }

  // --- writing ---

  // Where focus goes by itself; on a phone a focused field would open the keyboard over the conversation.
  const land = () => (matchMedia("(pointer: coarse)").matches ? log : document.getElementById("text")).focus({preventScroll: true})

  function setUpComposer() {
    const form = document.forms.write
    const text = document.getElementById("text")
    const input = document.getElementById("file")
    const chip = document.getElementById("chip")
    let file = null

    function choose(chosen) {
      const reason = !chosen ? "" : chosen.size > most ? words.large : chosen.size ? "" : words.empty
      file = chosen && !reason ? chosen : null
      input.value = ""
      say("trouble", reason)
      chip.hidden = !file
      document.getElementById("chosen").textContent = file ? `${file.name} · ${sizeOf(file.size)}` : ""
      text.focus()
    }

    document.getElementById("attach").addEventListener("click", () => input.click())
    input.addEventListener("change", () => choose(input.files[0] ?? null))
    chip.querySelector("button").addEventListener("click", () => choose(null))
    text.addEventListener("paste", event => {
      const [pasted] = event.clipboardData?.files ?? []
      if (!pasted) return
      event.preventDefault()
      choose(pasted)
    })
    form.addEventListener("submit", event => {
      event.preventDefault()
      const said = text.value.trim()
      if (said || file) {
        line.send({text: said, file})
        text.value = ""
        choose(null)
      }
      text.focus()
    })
  }

  // --- the page that holds the iframe ---

  function originIn(hash) {
    try {
      const named = decodeURIComponent(hash.slice(1))
      return new URL(named).origin === named ? named : ""
    } catch {
      return ""
    }
  }

  // The launcher names its page in the fragment; only that page, and only from the window that holds us, is heard.
  function setUpHost(key) {
    const host = window.parent === window ? "" : originIn(location.hash)
    const minimise = document.getElementById("minimise")
    let isOpen = !host, told = null, isKnown = false

    function tell(type, count) {
      if (host) window.parent.postMessage({witty: key, type, count}, host)
    }

    function look() {
      line.watch(isOpen && document.visibilityState === "visible")
      const unread = line.unread()
      if (unread !== told) tell("unread", (told = unread))
      if (line.said.size && !isKnown) tell("known", (isKnown = 1))
    }

    addEventListener("message", event => {
      if (!host || event.source !== window.parent || event.origin !== host || Object(event.data).witty !== key) return
      if (event.data.type !== "open" && event.data.type !== "close") return
      isOpen = event.data.type === "open"
      look()
      if (isOpen) land()
    })
    document.addEventListener("visibilitychange", look)
    line.addEventListener("change", () => queueMicrotask(look))
    minimise.hidden = !host
    minimise.addEventListener("click", () => tell("close"))
    addEventListener("keydown", event => event.key === "Escape" && !event.isComposing && tell("close"))
    tell("ready")
    look()
  }
}
