// Asking the server for one of the editor's addresses.
import { given, root, words } from "backoffice/menu/page.js"

const readCookie = (name) =>
  document.cookie
    .split("; ")
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1)

// {status, body}: body.words says what went wrong, whatever it was; status 0 without a line
export async function postJson(name, sent) {
  const token = readCookie("csrftoken") ?? root.querySelector("[name=csrfmiddlewaretoken]").value
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token }
  try {
    const response = await fetch(given.urls[name], { method: "POST", headers, body: JSON.stringify(sent) })
    const { redirected, status } = response
    const isOurs = !redirected && response.headers.get("Content-Type")?.startsWith("application/json")
    if (isOurs) return { status, body: await response.json() }
    const isEnded = redirected || status === 403
    return { status: redirected ? 401 : status, body: { words: isEnded ? words.ended : words.failed } }
  } catch {
    return { status: 0, body: { words: words.offline } }
  }
}
