// A request that tells how far it has got, which fetch does not. Resolves to a Response; rejects where none came.
export function sendWithProgress(url, { body, headers = {}, signal, withCredentials = false }, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open("POST", url)
    request.responseType = "text"
    request.withCredentials = withCredentials
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0))
    request.addEventListener("load", () => resolve(responseOf(request)))
    for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, () => reject(new Error(name)))
    signal?.addEventListener("abort", () => request.abort())
    request.send(body)
  })
}

function responseOf(request) {
  const lines = request.getAllResponseHeaders().trim().split(/\r\n/)
  const headers = new Headers(lines.map((line) => [line.split(":")[0], line.slice(line.indexOf(":") + 1).trim()]))
  const { status } = request
  return new Response([204, 304].includes(status) ? null : request.responseText, { status, headers })
}
