// The one line of this page.
import { Line } from "webchat/line.js"
import { key } from "webchat/page.js"

export const line = new Line(new URL(".", location.href.split(/[?#]/)[0]), key)
