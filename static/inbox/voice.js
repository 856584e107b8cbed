// A voice note from the microphone, with pauses; it becomes the message's file.
import { make } from "common/make.js"
import { showToast } from "common/toast.js"
import { addFiles, COMPOSERS, showFiles } from "inbox/files.js"
import { whenShown } from "inbox/shown.js"
import { words } from "inbox/words.js"

const MAX_SECONDS = 300
const ENDINGS = { "audio/ogg": "ogg", "audio/webm": "webm", "audio/mp4": "m4a" }
const TYPES = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"]
const canRecord = "MediaRecorder" in window && navigator.mediaDevices?.getUserMedia
// undefined: this browser cannot
const spoken = canRecord ? TYPES.find((type) => MediaRecorder.isTypeSupported(type)) : undefined
let recording = null

async function startRecording(form) {
  let stream
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true })
  } catch {
    showToast({ level: "error", title: form.dataset.noMicrophone, text: "" })
    return
  }
  const recorder = new MediaRecorder(stream, { mimeType: spoken })
  const mine = { recorder, form: form.id, began: Date.now(), before: 0, since: Date.now(), wanted: true, pieces: [] }
  recording = mine
  recorder.addEventListener("dataavailable", (event) => mine.pieces.push(event.data))
  recorder.addEventListener("stop", () => {
    clearInterval(mine.timer)
    for (const track of stream.getTracks()) track.stop()
    recording = null
    takeRecording(mine)
  })
  recorder.start()
  mine.timer = setInterval(showRecording, 500)
  showRecording()
}

function takeRecording({ form: id, wanted, pieces, began }) {
  const form = document.getElementById(id)
  if (!form) return
  form.querySelector("[data-record]")?.setAttribute("aria-pressed", "false")
  if (!wanted) return showFiles(form)
  const type = spoken.split(";")[0]
  addFiles(form, [new File(pieces, `nota-de-voz.${ENDINGS[type]}`, { type, lastModified: began })], { isVoice: true })
}

// what is not said between is not in it, nor in its time
function turnRecording() {
  const { recorder } = recording
  if (recorder.state === "recording") {
    recorder.pause()
    recording.before += Date.now() - recording.since
  } else {
    recorder.resume()
    recording.since = Date.now()
  }
  showRecording()
}

function stopRecording(wanted) {
  recording.wanted = wanted
  recording.recorder.stop()
}

function showRecording() {
  if (!recording) return
  const form = document.getElementById(recording.form)
  if (!form) return stopRecording(false)
  const isPaused = recording.recorder.state === "paused"
  const seconds = Math.floor((recording.before + (isPaused ? 0 : Date.now() - recording.since)) / 1000)
  if (seconds >= MAX_SECONDS) return stopRecording(true)
  form.querySelector("[data-record]")?.setAttribute("aria-pressed", "true")
  const place = form.querySelector("[data-file-name]")
  const time = place.querySelector("time") ?? makeTime(form, place)
  place.querySelector(".wa-recording").textContent = isPaused ? form.dataset.paused : form.dataset.recording
  place.querySelector("[data-pause]").textContent = isPaused ? form.dataset.resume : form.dataset.pause
  time.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`
}

function makeTime(form, place) {
  const time = make("time")
  const pause = make("button", { type: "button", class: "wa-link", "data-pause": "" })
  const finish = make("button", { type: "button", class: "wa-link" }, form.dataset.finish)
  const remove = make("button", { type: "button", class: "wa-link" }, words.remove)
  pause.addEventListener("click", turnRecording)
  finish.addEventListener("click", () => stopRecording(true))
  remove.addEventListener("click", () => stopRecording(false))
  place.replaceChildren(make("span", { class: "wa-recording" }), time, pause, finish, remove)
  place.hidden = false
  return time
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-record]")
  if (!button) return
  if (!recording) startRecording(button.form)
  else if (recording.form === button.form.id) stopRecording(true)
})

function showButtons() {
  for (const button of document.querySelectorAll(`${COMPOSERS} [data-record]`)) button.hidden = !spoken
}
showButtons()
whenShown(showButtons)
