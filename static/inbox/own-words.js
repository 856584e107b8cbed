// "Vos:" before one's own words in rows, and an @ on those whose notes mention oneself: what is pushed is drawn once
// for all who look, with the agents' names and numbers.
import { whenShown } from "inbox/shown.js"
import { me, words } from "inbox/words.js"

function nameMe() {
  for (const name of document.querySelectorAll(`.wa-by[data-author="${me}"]`)) {
    if (name.textContent !== words.you) name.textContent = words.you
  }
  for (const mark of document.querySelectorAll(`[data-mentions~="${me}"] .wa-at[hidden]`)) mark.hidden = false
}

nameMe()
whenShown(nameMe)
