// What goes with a message: a file with its preview, a voice note from the microphone, and in how many parts it leaves.
(() => {
  const words = document.getElementById("words").dataset
  const MOST = 10 * 1024 * 1024
  const LONGEST = 300 // seconds of a voice note
  const FORMS = "form[data-composer]"
  const TYPES = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"]
  const spoken = window.MediaRecorder && navigator.mediaDevices?.getUserMedia && TYPES.find((one) => MediaRecorder.isTypeSupported(one))
  const shown = new Map() // composer -> address of the preview that it shows
  const voices = new Set() // files that were recorded here
  let recording = null

  const mark = (file) => `${file.name}:${file.size}:${file.lastModified}`
  const fileOf = (form) => form.querySelector("input[type=file]")?.files[0]
  const make = (name, fields) => Object.assign(document.createElement(name), fields)
  const toast = (title, text) => document.dispatchEvent(new CustomEvent("toast", { detail: { level: "error", title, text } }))

  // --- the file ----------------------------------------------------------------------------------

  function showFile(form) {
    const input = form.querySelector("input[type=file]")
    const place = form.querySelector("[data-file-name]")
    const file = fileOf(form)
    if (file && file.size > MOST) {
      input.value = ""
      toast(words.tooBig, file.name)
      return showFile(form)
    }
    URL.revokeObjectURL(shown.get(form.id))
    shown.delete(form.id)
    place.hidden = !file
    place.replaceChildren()
    if (!file) return
    const seen = preview(form, file)
    if (seen) place.append(seen)
    const remove = make("button", { type: "button", className: "wa-link", textContent: words.remove })
    remove.addEventListener("click", () => { input.value = ""; showFile(form); form.elements.text.focus() })
    const isVoice = voices.has(mark(file))
    place.append(make("bdi", { className: "text-truncate", textContent: isVoice ? form.dataset.voice : file.name }), remove)
  }

  function preview(form, file) {
    const [major] = file.type.split("/")
    if (!["image", "audio", "video"].includes(major) || file.type.includes("svg")) return null
    const src = URL.createObjectURL(file)
    shown.set(form.id, src)
    if (major === "image") return make("img", { src, alt: "" })
    const player = make(major, { src, controls: true })
    player.setAttribute("aria-label", file.name)
    return player
  }

  function choose(form, file) {
    const input = form.querySelector("input[type=file]")
    const chosen = new DataTransfer()
    chosen.items.add(file)
    input.files = chosen.files
    showFile(form)
  }

  document.addEventListener("change", (event) => {
    if (event.target.type === "file" && event.target.form?.matches(FORMS)) showFile(event.target.form)
  })
  document.addEventListener("paste", (event) => {
    const form = event.target.form
    if (form?.matches?.(FORMS) && form.querySelector("input[type=file]") && event.clipboardData?.files.length) {
      event.preventDefault()
      choose(form, event.clipboardData.files[0])
    }
  })
  document.addEventListener("submit", (event) => {
    if (!event.target.matches?.(FORMS)) return
    const file = fileOf(event.target)
    event.target.elements.voice.value = file && voices.has(mark(file)) ? "1" : ""
  }, true)

  // --- the voice ---------------------------------------------------------------------------------

  async function record(form) {
    let stream
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    } catch {
      toast(form.dataset.noMicrophone, "")
      return
    }
    const recorder = new MediaRecorder(stream, { mimeType: spoken })
    const pieces = []
    recording = { recorder, form: form.id, began: Date.now(), wanted: true }
    const mine = recording
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data))
    recorder.addEventListener("stop", () => {
      clearInterval(mine.timer)
      for (const track of stream.getTracks()) track.stop()
      recording = null
      const now = document.getElementById(mine.form)
      if (!now) return
      now.querySelector("[data-record]")?.setAttribute("aria-pressed", "false")
      if (!mine.wanted) { showFile(now); return }
      const type = spoken.split(";")[0]
      const file = new File(pieces, `nota-de-voz.${{ "audio/ogg": "ogg", "audio/webm": "webm", "audio/mp4": "m4a" }[type]}`, { type, lastModified: mine.began })
      voices.add(mark(file))
      choose(now, file)
    })
    recorder.start()
    mine.timer = setInterval(showRecording, 500)
    showRecording()
  }

  const stop = (wanted) => { recording.wanted = wanted; recording.recorder.stop() }

  function showRecording() {
    const form = recording && document.getElementById(recording.form)
    if (!form) { if (recording) stop(false); return }
    const seconds = Math.floor((Date.now() - recording.began) / 1000)
    if (seconds >= LONGEST) { stop(true); return }
    form.querySelector("[data-record]")?.setAttribute("aria-pressed", "true")
    const place = form.querySelector("[data-file-name]")
    let time = place.querySelector("time")
    if (!time) {
      const remove = make("button", { type: "button", className: "wa-link", textContent: words.remove })
      remove.addEventListener("click", () => stop(false))
      time = make("time", {})
      place.replaceChildren(make("span", { className: "wa-recording", textContent: form.dataset.recording }), time, remove)
      place.hidden = false
    }
    time.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-record]")
    if (!button) return
    if (!recording) record(button.form)
    else if (recording.form === button.form.id) stop(true)
  })

  // --- in how many parts it leaves ---------------------------------------------------------------

  function count(form) {
    const text = form.elements.text.value.trim()
    const size = "countsBytes" in form.dataset ? new TextEncoder().encode(text).length : [...text].length
    const parts = form.querySelector("[data-note]")?.checked ? 1 : Math.ceil(size / Number(form.dataset.limit))
    const place = form.querySelector("[data-parts-said]")
    const said = parts > 1 ? form.dataset.parts.replace("%n", parts) : ""
    if (place.textContent !== said) place.textContent = said
  }

  document.addEventListener("input", (event) => {
    if (event.target.form?.matches?.(FORMS)) count(event.target.form)
  })

  function prepare() {
    for (const form of document.querySelectorAll(FORMS)) {
      const button = form.querySelector("[data-record]")
      if (button) button.hidden = !spoken
      // a pane that came anew shows its file again
      if (fileOf(form) && form.querySelector("[data-file-name]").hidden) showFile(form)
      count(form)
    }
  }
  prepare()
  for (const name of ["htmx:after:swap", "witty:shown"]) document.addEventListener(name, prepare)
})()
