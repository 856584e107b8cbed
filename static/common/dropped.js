// What is pasted or dropped: files, or words that come with a picture of themselves.

// the files of a paste; none where it is text: cells of a spreadsheet bring a picture of themselves along
export function pastedFiles({ clipboardData }) {
  const files = [...(clipboardData?.files ?? [])]
  const text = clipboardData?.getData("text/plain").trim()
  // a file manager names the files that it copies
  const names = new Set(files.map(({ name }) => name))
  const isText = text && !text.split(/[\r\n]+/).every((line) => names.has(line.split(/[\\/]/).at(-1)))
  return isText ? [] : files
}

export const bringsFiles = ({ dataTransfer }) => [...(dataTransfer?.types ?? [])].includes("Files")

// the files of a drop; a folder is none
export function droppedFiles({ dataTransfer }) {
  const items = [...dataTransfer.items].filter(({ kind }) => kind === "file")
  const entries = items.map((item) => [item.webkitGetAsEntry?.(), item.getAsFile()])
  return entries.filter(([entry, file]) => file && !entry?.isDirectory).map(([, file]) => file)
}
