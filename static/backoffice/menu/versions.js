// Keeping the draft, publishing it, and going back to an older version.
import { blameTree, listProblems, makeButton, showNotice } from "backoffice/menu/notices.js"
import { fill, given, partOf, words } from "backoffice/menu/page.js"
import { postJson } from "backoffice/menu/post.js"
import { showStanding } from "backoffice/menu/screen.js"
import { editor, isDirty, isReadonly, markSaved } from "backoffice/menu/state.js"

const dialog = partOf("back")
let basis = given.basis // what the draft was made from: somebody else may have saved meanwhile
let isBusy = false

// `name`: "save" or "publish"
async function keepDraft(name) {
  if (isBusy || isReadonly) return
  isBusy = true
  const sent = JSON.stringify(editor.tree)
  const { status, body } = await postJson(name, { tree: JSON.parse(sent), basis })
  isBusy = false
  if (status === 200) {
    basis = body.basis
    markSaved(sent)
    partOf("versions").innerHTML = body.versions
    showStanding(body.standing)
  }
  const more = body.problems?.length ? [blameTree(body.problems)] : []
  if (status === 200 && !more.length) blameTree([])
  if (status === 409) more.push(makeReload())
  showNotice(status === 200 ? "good" : "bad", body.words, ...more)
}

const makeReload = () => makeButton(words.reload, loadAnew)

function loadAnew() {
  markSaved()
  location.assign(given.urls.page)
}

partOf("save").addEventListener("click", () => keepDraft("save"))
partOf("publish").addEventListener("click", () => keepDraft("publish"))
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return
  event.preventDefault()
  keepDraft("save")
})

addEventListener("beforeunload", (event) => {
  if (isDirty()) event.preventDefault()
})

partOf("versions").addEventListener("click", (event) => {
  const button = event.target.closest("[data-back]")
  if (!button) return
  const { back: number } = button.dataset
  dialog.querySelector("[data-asked]").textContent = fill(isDirty() ? words.back_unsaved : words.back, { n: number })
  dialog.dataset.number = number
  dialog.showModal()
})

dialog.addEventListener("close", async () => {
  if (dialog.returnValue !== "yes") return
  dialog.returnValue = ""
  const { status, body } = await postJson("back", { number: Number(dialog.dataset.number), basis })
  if (status === 200) return loadAnew()
  const more = body.problems?.length ? [listProblems(body.problems)] : []
  if (status === 409) more.push(makeReload())
  showNotice("bad", body.words, ...more)
})
