// What scripts say, and who looks: written into the page by templates/_words.html and app.html.
export const words = document.getElementById("words").dataset
export const me = document.getElementById("live").dataset.agent
