// "Vos:" before one's own words in rows: what is pushed is drawn once for all who look, with the agent's name.
import { whenShown } from "inbox/shown.js"
import { me, words } from "inbox/words.js"

function nameMe() {
  for (const name of document.querySelectorAll(`.wa-by[data-author="${me}"]`)) {
    if (name.textContent !== words.you) name.textContent = words.you
  }
}

nameMe()
whenShown(nameMe)
