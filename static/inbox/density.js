// Compact rows or comfortable ones, as the agent has chosen on whichever device.
import { whenChanged } from "inbox/own-settings.js"

whenChanged(({ compact }) => {
  document.body.classList.toggle("is-compact", compact)
  const choice = document.getElementById("is-compact")
  if (choice) choice.checked = compact
})
