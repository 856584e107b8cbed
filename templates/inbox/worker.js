// The service worker: it shows pushes, and keeps our static files and one page for when there is no network. Pages,
// chats and files of customers always come from the server.
const told = {{ told|safe }}
const CACHE = `statics-${told.version}`
const HASHED = /^\/static\/.+\.[0-9a-f]+\.\w+$/
const MAX_KEPT = 300

self.addEventListener("install", (event) => {
  event.waitUntil(keepFiles().then(() => self.skipWaiting()))
})

async function keepFiles() {
  const cache = await caches.open(CACHE)
  await cache.addAll(told.files)
}

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOldVersions().then(() => self.clients.claim()))
})

async function forgetOldVersions() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name)
  await self.registration.navigationPreload?.enable()
}

self.addEventListener("fetch", (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== "GET" || url.origin !== self.location.origin) return
  if (told.keeps && HASHED.test(url.pathname)) event.respondWith(takeStatic(request))
  else if (request.mode === "navigate" && request.destination === "document") event.respondWith(openPage(event))
})

async function takeStatic(request) {
  const cache = await caches.open(CACHE)
  const kept = await cache.match(request)
  if (kept) return kept
  const answer = await fetch(request)
  if (answer.status === 200) {
    await cache.put(request, answer.clone())
    const keys = await cache.keys()
    // the first ones are those of the page without a network
    if (keys.length > MAX_KEPT) await cache.delete(keys[told.files.length])
  }
  return answer
}

// never from a cache: only where no answer comes at all
async function openPage(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request))
  } catch {
    const cache = await caches.open(CACHE)
    return (await cache.match(told.offline)) ?? Response.error()
  }
}

// What the server pushes while no page tells of it. A page of an agent that somebody looks at does so itself.
self.addEventListener("push", (event) => event.waitUntil(showPush(event.data.json())))

async function showPush({ title, body, tag, url }) {
  const pages = await pagesAt(told.agents)
  if (tag !== "try" && pages.some((page) => page.visibilityState === "visible")) return
  const { icon, badge } = told
  await self.registration.showNotification(title, { body, tag, icon, badge, renotify: true, data: { url } })
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close()
  event.waitUntil(openAt(event.notification.data.url))
})

async function openAt(path) {
  const url = new URL(path, self.location.origin)
  // of the others one may have a form half filled in
  const [page] = await pagesAt(told.lists)
  if (!page) return self.clients.openWindow(url)
  await page.focus()
  return page.navigate(url)
}

// Windows below one of these addresses. What else is open here (the admin, a web chat) is no desk of an agent.
async function pagesAt(addresses) {
  const pages = await self.clients.matchAll({ type: "window" })
  return pages.filter((page) => addresses.some((address) => new URL(page.url).pathname.startsWith(address)))
}
