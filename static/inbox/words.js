// What scripts say, and who looks: written into the page by templates/inbox/.
export const words = document.getElementById("words").dataset
export const me = document.getElementById("live").dataset.agent
