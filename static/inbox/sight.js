// What the page has may stand where nobody sees it: on a phone one pane of several is shown.
export const isVisible = (selector) => [...document.querySelectorAll(selector)].some((part) => part.checkVisibility())
