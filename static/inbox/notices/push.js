// This browser is told of news also while no page is open: agreed to here, and kept by the server for this login.
import { askPermission } from "inbox/notices/desktop.js"
import { me } from "inbox/words.js"

// agreed to by this agent at this computer; the next one who signs in has not
const AGREED = `push:${me}`
const TOLD = "push-login"
const { login } = document.getElementById("live").dataset

const worker = () => navigator.serviceWorker?.getRegistration("/")

export async function findSubscription() {
  const found = await worker()
  const subscription = await found?.pushManager?.getSubscription()
  return localStorage.getItem(AGREED) ? subscription : null
}

export const canPush = async () => Boolean((await worker())?.pushManager)

// true: it is on
export async function switchOn(key) {
  if ((await askPermission()) !== "granted") return false
  const { pushManager } = await worker()
  const before = await pushManager.getSubscription()
  if (before && encode(before.options.applicationServerKey) !== key) await before.unsubscribe()
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  if (!(await tellServer(subscription))) return false
  localStorage.setItem(AGREED, "1")
  return true
}

export async function switchOff() {
  const subscription = await findSubscription()
  localStorage.removeItem(AGREED)
  if (!subscription) return
  await post("remove/", { endpoint: subscription.endpoint })
  await subscription.unsubscribe()
}

// a worker of the server sends it: false where this browser is not known there
export async function tryPush() {
  const subscription = await findSubscription()
  return Boolean(subscription) && post("try/", { endpoint: subscription.endpoint })
}

const encode = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")

const tellServer = (subscription) =>
  post("", {
    endpoint: subscription.endpoint,
    point: encode(subscription.getKey("p256dh")),
    secret: encode(subscription.getKey("auth")),
  })

async function post(path, fields) {
  const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited"))
  try {
    const answer = await fetch(`/ajustes/push/${path}`, { method: "POST", headers, body: new URLSearchParams(fields) })
    return answer.status === 204
  } catch {
    return false
  }
}

// what was agreed to in an earlier login holds for this one
async function renew() {
  if (!localStorage.getItem(AGREED) || sessionStorage.getItem(TOLD) === login) return
  const subscription = await findSubscription()
  if (subscription && (await tellServer(subscription))) sessionStorage.setItem(TOLD, login)
}

renew()
