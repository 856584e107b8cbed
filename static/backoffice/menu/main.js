// The editor of a bot's menu. Without it the page shows the menu, to be read.
import "common/composition.js"
import { root } from "backoffice/menu/page.js"
import { redraw } from "backoffice/menu/screen.js"
import { isReadonly } from "backoffice/menu/state.js"
import "backoffice/menu/tree.js"
import "backoffice/menu/form.js"
import "backoffice/menu/drag.js"
import "backoffice/menu/versions.js"
import "backoffice/menu/preview.js"

document.getElementById("menu-plain").hidden = true
root.hidden = false
root.classList.toggle("is-readonly", isReadonly)
redraw()
