// Mis ajustes: what of the notices only this browser knows, trying them, and when it was saved.
import { showToast } from "common/toast.js"
import { askPermission, permission, showNotice } from "inbox/notices/desktop.js"
import { canPush, findSubscription, switchOff, switchOn, tryPush } from "inbox/notices/push.js"
import { playSound } from "inbox/notices/sound.js"
import { ownSettings, whenChanged } from "inbox/own-settings.js"
import { refreshPage } from "inbox/refresh.js"
import { whenShown } from "inbox/shown.js"
import { words } from "inbox/words.js"

const OWN_CHANGE_MS = 3000
const page = () => document.querySelector('[data-screen="ajustes"]')
let changedAt = -Infinity

function showPermission() {
  for (const row of document.querySelectorAll("[data-desktop]")) row.hidden = row.dataset.desktop !== permission()
}

async function showPush() {
  const rows = [...document.querySelectorAll("[data-push]")]
  if (!rows.length) return
  const state = !(await canPush()) ? "none" : (await findSubscription()) ? "on" : "off"
  for (const row of rows) row.hidden = row.dataset.push !== state
}

async function change(act, failed) {
  try {
    if (!(await act())) showToast({ level: "error", title: failed, text: "" })
  } catch {
    // the browser's own service does not answer, or is switched off
    showToast({ level: "error", title: failed, text: "" })
  }
  showPermission()
  showPush()
}

async function allow() {
  await askPermission()
  showPermission()
}

async function tryNotices() {
  tryChosenSound()
  await allow()
  const notice = { title: words.tryTitle, body: words.answered, tag: "try", url: location.pathname }
  if (await findSubscription()) tryPush()
  if (!showNotice(notice)) showToast({ level: "info", title: notice.title, text: notice.body })
}

function tryChosenSound() {
  const { sound, volume } = document.getElementById("notices").elements
  playSound(sound.value, Number(volume.value))
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-try-notices]")) tryNotices()
  else if (event.target.closest("[data-try-sound]")) tryChosenSound()
  else if (event.target.closest("[data-allow-notices]")) allow()
  const push = event.target.closest("[data-push-on], [data-push-off]")
  if (push?.dataset.pushOn) change(() => switchOn(push.dataset.pushOn), words.noPush)
  else if (push) change(() => switchOff().then(() => true), words.failed)
})

document.addEventListener("change", (event) => {
  if (!page()?.contains(event.target)) return
  changedAt = performance.now()
  if (event.target.value?.endsWith(".desktop") && event.target.checked) allow()
})

document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const place = page()?.querySelector("[data-saved]")
  if (!place || ctx?.response?.status !== 204) return
  const now = new Intl.DateTimeFormat("es", { timeZone: ownSettings().zone, hour: "2-digit", minute: "2-digit" })
  place.textContent = `${place.dataset.word} ${now.format(new Date())}.`
})

// changed on another page: what stands here is old, unless somebody is just changing it
whenChanged(() => {
  if (page() && performance.now() - changedAt > OWN_CHANGE_MS) refreshPage()
})

function showStates() {
  showPermission()
  showPush()
}

showStates()
whenShown(showStates)
// the worker may have come only now
navigator.serviceWorker?.ready.then(showPush)
