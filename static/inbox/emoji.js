// The few emoji of the composer.
import { make } from "common/make.js"
import { whenShown } from "inbox/shown.js"

const EMOJI = "😀 😊 😉 😅 🙂 😢 👍 👋 🙏 💪 🎉 ❤️ ✅ ❌ ⏰ 📦 🚚 💳 📄 📷".split(" ")

function showButtons() {
  for (const button of document.querySelectorAll("[data-emoji]")) button.hidden = false
}
showButtons()
whenShown(showButtons)

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-emoji]")
  for (const open of document.querySelectorAll(".wa-emoji")) if (!open.contains(event.target)) open.remove()
  if (opener) openList(opener.form)
})

function openList(form) {
  const list = make("div", { class: "dropdown-menu show wa-menu-up wa-emoji" })
  for (const emoji of EMOJI) {
    const button = make("button", { type: "button", class: "btn btn-icon btn-ghost" }, emoji)
    button.addEventListener("click", () => {
      insertText(form.elements.text, emoji)
      list.remove()
    })
    list.append(button)
  }
  form.append(list)
  list.firstElementChild.focus()
}

function insertText(area, text) {
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end")
  area.dispatchEvent(new Event("input", { bubbles: true }))
  area.focus()
}
