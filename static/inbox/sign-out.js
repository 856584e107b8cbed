// The agent signs out: what the browser keeps goes, and the other tabs hear of it.
export const isSignOut = (event) => event.target.getAttribute("action") === "/logout/"

// on the window, after whoever may still prevent it
export function whenSigningOut(act) {
  addEventListener("submit", (event) => {
    if (isSignOut(event) && !event.defaultPrevented) act()
  })
}
