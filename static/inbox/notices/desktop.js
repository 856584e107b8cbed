// Notices of the desktop. Where the browser has none, or a page without TLS may not ask, there are only those inside.
export const permission = () => (globalThis.Notification && isSecureContext ? Notification.permission : "denied")

export async function askPermission() {
  if (permission() === "default") await Notification.requestPermission()
  return permission()
}

// true: it is shown. The same `tag` takes the place of the one before it.
export function showNotice({ title, body, tag, url }) {
  if (permission() !== "granted") return false
  try {
    const { lang } = document.documentElement
    const notice = new Notification(title, { body, tag, lang, renotify: true, silent: true })
    notice.addEventListener("click", () => {
      notice.close()
      focus()
      location.assign(url)
    })
    return true
  } catch {
    // phones have them by a service worker only
    return false
  }
}
