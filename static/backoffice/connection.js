// The page of a line that is being connected: asks every few seconds how far it is while a step is open, and changes
// only what is different: a reader hears each thing once, and nothing that somebody types is touched.
const EVERY = 5_000

const progress = document.getElementById("line-progress")

function showChecks(next) {
  const list = document.getElementById("line-checks")
  for (const item of next.querySelectorAll("#line-checks > li")) {
    const old = document.getElementById(item.id)
    if (!old) list.append(item)
    else if (old.outerHTML !== item.outerHTML) old.replaceWith(item)
  }
  progress.querySelector(".adm-checked").replaceWith(next.querySelector(".adm-checked"))
}

function showSteps(next) {
  for (const told of next.querySelectorAll("[data-step]")) {
    const step = document.getElementById(`step-${told.dataset.step}`)
    const details = step.querySelector("details")
    const before = step.className
    step.querySelector("[data-said]").textContent = told.textContent.trim()
    step.className = told.dataset.class
    if (step.className === before) continue
    step.toggleAttribute("aria-current", false)
    // nobody's field is folded away
    if (step.className === "is-done" && !details.contains(document.activeElement)) details.open = false
    if (step.className === "is-now") {
      step.setAttribute("aria-current", "step")
      details.open = true
    }
  }
  const count = next.querySelector("[data-count]")
  document.getElementById("steps-done").textContent = count.textContent.trim()
  document.getElementById("steps-bar").value = count.dataset.count
}

async function look() {
  if (!document.hidden) {
    try {
      const token = document.querySelector("[name=csrfmiddlewaretoken]").value
      const response = await fetch(progress.dataset.url, { method: "POST", headers: { "X-CSRFToken": token } })
      if (response.ok && !response.redirected) {
        const next = new DOMParser().parseFromString(await response.text(), "text/html")
        showChecks(next)
        showSteps(next)
        progress.dataset.state = next.getElementById("line-progress").dataset.state
        if (progress.dataset.state === "done") document.querySelector("[data-unfinished]")?.remove()
      }
    } catch {
      // the next one may get through
    }
  }
  if (progress.dataset.state === "open") setTimeout(look, EVERY)
}

if (progress?.dataset.state === "open") look()
