// The card of first steps asks now and then how far it is; what is different is put in its place, and nothing else.
const EVERY = 15_000

function renew(card, next) {
  const steps = next.querySelectorAll(".adm-steps > li")
  if (!steps.length) {
    card.replaceWith(next)
    return
  }
  card.querySelector(".card-header").replaceWith(next.querySelector(".card-header"))
  card.querySelectorAll(".adm-steps > li").forEach((step, place) => {
    // what stands under somebody's hands stays, unless it is done
    if (step.className === steps[place].className && step.contains(document.activeElement)) return
    if (step.outerHTML !== steps[place].outerHTML) step.replaceWith(steps[place])
  })
}

async function look() {
  const card = document.getElementById("first-steps")
  if (!card?.dataset.url || document.hidden) return
  try {
    const response = await fetch(card.dataset.url)
    if (!response.ok || response.redirected) return
    const next = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("first-steps")
    if (next && card.isConnected) renew(card, next)
  } catch {
    // the next one may get through
  }
}

setInterval(look, EVERY)
