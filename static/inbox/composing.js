// What is only needed where a chat is open. The order is that of the listeners.
import "inbox/quick.js"
import "inbox/emoji.js"
import "inbox/drop.js"
import "inbox/uploads.js"
import "inbox/voice.js"
import "inbox/message-menu.js"
import "inbox/template-header.js"
import "inbox/answer-window.js"
