// Light and dark: without the cookie the system decides, and the server leaves data-bs-theme out.
const root = document.documentElement
const system = matchMedia("(prefers-color-scheme: dark)")

const isDark = () => (root.dataset.bsTheme ?? (system.matches ? "dark" : "light")) === "dark"

const tabs = new BroadcastChannel("theme")

function labelButtons() {
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    const words = isDark() ? button.dataset.toLight : button.dataset.toDark
    const text = button.querySelector("span")
    if (text) text.textContent = words
    else button.setAttribute("aria-label", words)
  }
}

function wear(theme) {
  if (theme === "system") delete root.dataset.bsTheme
  else root.dataset.bsTheme = theme
  const choice = document.getElementById(`theme-${theme}`)
  if (choice) choice.checked = true
  labelButtons()
}

// chosen in the settings, which the server keeps
document.addEventListener("change", (event) => {
  if (event.target.name !== "theme") return
  wear(event.target.value)
  tabs.postMessage(event.target.value)
})

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-theme-toggle]")) return
  const theme = isDark() ? "light" : "dark"
  const secure = location.protocol === "https:" ? "; secure" : ""
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax${secure}`
  wear(theme)
  tabs.postMessage(theme)
})

tabs.addEventListener("message", (event) => wear(event.data))

system.addEventListener("change", labelButtons)
labelButtons()
