// Sounds and voice notes: one plays at a time, and goes on while chats are changed; how fast is kept for the agent.
import { make } from "common/make.js"
import { showToast } from "common/toast.js"
import { ownSettings, setOwn } from "inbox/own-settings.js"
import { whenShown } from "inbox/shown.js"
import { words } from "inbox/words.js"

const SPEEDS = [1, 1.5, 2]
const WIDTH = 192 // of the shape
const sound = new Audio()
let file = "" // whose it is
let name = ""
let bar = null // shown where its own player is not on the page

const players = () => [...document.querySelectorAll("[data-sound]")].filter((one) => one.dataset.sound === file)
const speed = () => SPEEDS.find((one) => one === ownSettings().speed) ?? 1

export function play(button) {
  const player = button.closest("[data-sound]")
  if (player && player.dataset.sound !== file) begin(player)
  else if (sound.paused) sound.play().catch(fail)
  else sound.pause()
}

function begin(player) {
  const before = players()
  file = player.dataset.sound
  name = player.closest(".wa-pane, #preview, section")?.querySelector("h2")?.textContent ?? ""
  for (const one of before) draw(one, 0, false)
  sound.src = player.dataset.url
  sound.playbackRate = speed()
  const wanted = Number(player.querySelector("[data-seek]").value) / 1000
  if (wanted) sound.addEventListener("loadedmetadata", () => seek(wanted), { once: true })
  sound.play().catch(fail)
}

// what may not be heard any more, or is not there
function fail(error) {
  if (error?.name === "AbortError" || !file) return
  showToast({ level: "error", text: words.noSound })
  for (const one of players()) draw(one, 0, false)
  file = ""
  show()
}

function seek(part) {
  if (Number.isFinite(sound.duration)) sound.currentTime = part * sound.duration
}

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`

function draw(player, part, isOn) {
  player.classList.toggle("is-playing", isOn && !sound.paused)
  player.querySelector(".is-played").setAttribute("width", String(WIDTH * part))
  const range = player.querySelector("[data-seek]")
  if (document.activeElement !== range || !range.matches(":active")) range.value = String(Math.round(part * 1000))
  const play = player.querySelector("[data-play]")
  play.setAttribute("aria-pressed", String(isOn && !sound.paused))
  const rate = player.querySelector("[data-speed]")
  rate.hidden = !isOn
  rate.textContent = `${String(speed()).replace(".", ",")}×`
  if (!isOn) return
  player.querySelector("[data-time]").textContent = timeOf()
  range.setAttribute("aria-valuetext", timeOf())
}

function timeOf() {
  const whole = Number.isFinite(sound.duration) ? ` / ${clock(sound.duration)}` : ""
  return clock(sound.currentTime) + whole
}

function show() {
  const part = sound.duration > 0 && Number.isFinite(sound.duration) ? sound.currentTime / sound.duration : 0
  const shown = file ? players() : []
  for (const player of shown) draw(player, part, true)
  const isAway = file && !sound.paused && !shown.some((one) => one.checkVisibility())
  if (isAway) showBar()
  else bar?.remove()
}

function showBar() {
  if (!bar) {
    const stop = make("button", { class: "btn btn-sm", type: "button" }, words.pause)
    stop.addEventListener("click", () => sound.pause())
    // a toast that stays, as those of failures do (common/toast.js)
    const traits = { class: "toast show", "data-level": "error", role: "group", "aria-label": words.playing }
    bar = make("div", traits, make("b"), " ", stop)
  }
  const said = `${words.playing} ${name} ${timeOf()}`
  if (bar.firstElementChild.textContent !== said) bar.firstElementChild.textContent = said
  if (!bar.isConnected) document.getElementById("toasts").append(bar)
}

function changeSpeed() {
  const next = SPEEDS[(SPEEDS.indexOf(speed()) + 1) % SPEEDS.length]
  setOwn({ ...ownSettings(), speed: next })
  sound.playbackRate = next
  show()
  const csrfmiddlewaretoken = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? ""
  const body = new URLSearchParams({ part: "speed", sound_speed: Math.round(next * 10), csrfmiddlewaretoken })
  // heard at this speed whatever becomes of it
  fetch("/ajustes/", { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => {})
}

for (const event of ["timeupdate", "play", "pause", "ended", "durationchange"]) sound.addEventListener(event, show)
sound.addEventListener("error", fail)
whenShown(show)
document.addEventListener("click", (event) => event.target.closest("[data-speed]") && changeSpeed())
document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-seek]") && target.closest("[data-sound]").dataset.sound === file) seek(target.value / 1000)
})
