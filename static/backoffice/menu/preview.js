// The menu tried as a customer would: the server answers with the tree as it stands, and stores nothing.
window.MenuPreview = (() => {
  // `editor`: {tree, words, post, say}
  function make(box, editor) {
    const log = box.querySelector("[role=log]")
    const way = box.querySelector("[data-way]")
    const form = box.querySelector("form")
    const again = box.querySelector("[data-again]")
    const kept = box.querySelector("[data-attributes]")
    let state = ""
    let tries = 0

    function bubble(kind, text) {
      const line = Object.assign(document.createElement("p"), { className: `me-bubble is-${kind}`, textContent: text })
      const who = Object.assign(document.createElement("span"), { className: "me-hidden", textContent: `${editor.words[kind]}: ` })
      if (editor.words[kind]) line.prepend(who)
      log.append(line)
      log.scrollTop = log.scrollHeight
      return line
    }

    function offer(choices) {
      const list = Object.assign(document.createElement("div"), { className: "me-choices" })
      list.append(...choices.map(({ id, label }) => {
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: label })
        button.dataset.payload = id
        return button
      }))
      log.append(list)
      log.scrollTop = log.scrollHeight
    }

    function restart() {
      tries += 1
      state = ""
      log.replaceChildren()
      way.textContent = editor.words.nowhere
      kept.replaceChildren()
      kept.parentElement.hidden = true
      form.hidden = false
      box.classList.remove("is-over")
    }

    async function send(text, payload = "") {
      const mine = ++tries
      bubble("customer", text)
      for (const button of log.querySelectorAll(".me-choices button")) button.disabled = true
      form.elements.text.value = ""
      const asked = { tree: editor.tree, state, text, payload, outside: box.querySelector("[name=outside]").checked }
      const { status, body } = await editor.post("try", asked)
      // "start again" was pressed, or something else sent, meanwhile
      if (mine !== tries) return
      if (status !== 200) return bubble("trouble", body.words)
      state = body.state
      for (const words of body.texts) bubble("bot", words)
      if (body.offer.length) offer(body.offer)
      way.textContent = [editor.words.home, ...body.path].join(" › ")
      kept.replaceChildren(...Object.entries(body.attributes).flatMap(([name, value]) => [
        Object.assign(document.createElement("dt"), { textContent: name }),
        Object.assign(document.createElement("dd"), { textContent: value }),
      ]))
      kept.parentElement.hidden = !kept.children.length
      if (!body.hand_over) return
      for (const line of body.over) bubble("over", line)
      form.hidden = true
      box.classList.add("is-over")
      again.focus({ preventScroll: true })
    }

    form.addEventListener("submit", (event) => {
      event.preventDefault()
      const text = form.elements.text.value.trim()
      if (text) send(text)
    })
    log.addEventListener("click", (event) => {
      const button = event.target.closest("[data-payload]")
      if (!button || button.disabled) return
      send(button.textContent, button.dataset.payload)
      form.elements.text.focus({ preventScroll: true })
    })
    again.addEventListener("click", () => {
      restart()
      form.elements.text.focus()
    })
    restart()
    return { restart }
  }

  return { make }
})()
