// A person plays a customer. Everything that came from elsewhere is shown as text, never as markup.
"use strict";

const $ = (id) => document.getElementById(id);
const W = JSON.parse($("words").textContent);
const TICKS = { sent: "✓", delivered: "✓✓", read: "✓✓", failed: "!" };
const KINDS = ["image", "voice", "video", "document", "sticker", "location", "contact", "referral", "unsupported", "file"];
const EMOJIS = ["👍", "❤️", "😂", "🙏"];
let who = location.hash.slice(1), state = null, seen = "", quoted = null, editing = null;

function el(name, props = {}, ...children) {
  const made = Object.assign(document.createElement(name), props);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

async function ask(method, path, body) {
  const options = { method, headers: { "Content-Type": "application/json" } };
  if (body !== undefined) options.body = JSON.stringify(body);
  const answer = await fetch(`/sandbox/${path}`, options);
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error || answer.status);
  return found;
}

let toasting;
function toast(words) {
  $("toast").textContent = words;
  $("toast").hidden = false;
  clearTimeout(toasting);
  toasting = setTimeout(() => { $("toast").hidden = true; }, 5000);
}

const act = (work) => async (event) => {
  event?.preventDefault?.();
  try { await work(event); } catch (error) { toast(`${W.failed}: ${error.message}`); }
};
const time = (seconds) => new Date(seconds * 1000).toLocaleTimeString("es", { hour: "2-digit", minute: "2-digit" });

// --- the list ---

let listed = "";
function showPeople() {
  const now = JSON.stringify([state.lines, state.customers, who]);
  if (now === listed) return;
  listed = now;
  const rows = [];
  for (const line of state.lines) {
    const label = `${line.name || line.line} · ${line.line} · ${line.is_verified ? W.verified : W.unverified}`;
    rows.push(el("li", { className: line.is_verified ? "line good" : "line", textContent: label }));
    for (const person of state.customers.filter((one) => one.line === line.line)) {
      const button = el("button", { type: "button", onclick: () => choose(person.id) },
        el("b", { textContent: person.name }),
        el("small", { textContent: person.at ? time(person.at) : "" }),
        el("i", { textContent: person.last || Object.values(person.ids)[0] }),
        person.unread ? el("span", { className: "count", textContent: person.unread }) : null);
      if (person.id === who) button.setAttribute("aria-current", "true");
      rows.push(el("li", {}, button));
    }
  }
  const top = $("people").scrollTop;
  $("people").replaceChildren(...rows);
  $("people").scrollTop = top;
  $("nobody").hidden = state.lines.length > 0;
}

function choose(id) {
  who = id; seen = ""; quote(null);
  history.replaceState(null, "", id ? `#${id}` : location.pathname);
  $("main").classList.toggle("chatting", Boolean(id));
  $("chat").hidden = !id;
  $("pick").hidden = Boolean(id);
  $("thread").replaceChildren();
  if (state) showPeople();
  if (id) lookThread();
}

// --- one conversation ---

function media(entry) {
  if (!entry.media) return null;
  const src = `/sandbox/files/${entry.media}`, mime = entry.mime || "";
  if (mime.startsWith("image/")) return el("img", { src, alt: entry.name || W.image });
  if (mime.startsWith("audio/")) return el("audio", { src, controls: true });
  if (mime.startsWith("video/")) return el("video", { src, controls: true });
  return el("a", { href: src, target: "_blank", textContent: `📄 ${entry.name || entry.payload?.filename || W.document}` });
}

function words(entry) {
  const said = entry.payload || {};
  if (said.withdrawn) return W.withdrawn;
  if (entry.kind === "location") return `📍 ${said.name || entry.text || ""} ${said.latitude ?? ""} ${said.longitude ?? ""}`.trim();
  if (entry.kind === "contact" || entry.kind === "contacts") return `👤 ${entry.text || said.name || W.contact}`;
  if (entry.kind === "unsupported") return W.unsupported;
  return entry.text || "";
}

function choicesOf(entry) {
  if (!entry.choices) return null;
  return el("div", { className: "choices" }, ...entry.choices.map((choice, place) => {
    const button = el("button", { type: "button", textContent: choice.title });
    if (choice.description) button.append(el("small", { textContent: choice.description }));
    if (choice.kind === "url") button.disabled = true;
    const what = choice.kind === "key" ? { text: choice.title } : { kind: "choice", target: entry.id, choice: place };
    button.onclick = act(() => write(what));
    return button;
  }));
}

function menuOf(entry) {
  const close = (work) => act(async (event) => { event.target.closest("details").open = false; await work(); });
  const menu = el("div", { className: "menu" });
  if (entry.side === "line") {
    menu.append(el("div", { className: "emojis", ariaLabel: W.react }, ...EMOJIS.map((emoji) => el("button", {
      type: "button", textContent: emoji,
      onclick: close(() => write({ kind: "reaction", target: entry.id, emoji: entry.reactions?.customer === emoji ? "" : emoji })),
    }))));
  }
  menu.append(el("button", { type: "button", textContent: W.reply, onclick: close(async () => quote(entry)) }));
  if (entry.side === "customer") {
    if (entry.text) menu.append(el("button", { type: "button", textContent: W.edit, onclick: close(async () => edit(entry)) }));
    menu.append(el("button", { type: "button", textContent: W.withdraw, onclick: close(() => write({ kind: "withdrawal", target: entry.id })) }));
  }
  return el("details", { className: "acting", name: "acting" }, el("summary", { textContent: "⋯", ariaLabel: W.more }), menu);
}

function row(entry, all) {
  const answered = all.find((one) => one.id === entry.reply_to);
  const mine = entry.side === "customer";
  const times = entry.times > 1 ? el("span", { className: "bad", textContent: W.twice.replace("{n}", entry.times) }) : null;
  const lost = mine && !entry.accepted ? el("span", { className: "bad", textContent: W.unposted }) : null;
  const bubble = el("div", { className: "bubble" },
    answered ? el("div", { className: "quote", textContent: words(answered) || answered.kind }) : null,
    entry.payload?.withdrawn ? null : media(entry),
    el("div", { className: "text", textContent: words(entry) || (entry.media ? "" : entry.kind) }),
    el("div", { className: "meta" }, times, lost,
      entry.payload?.edited ? el("span", { textContent: W.edited }) : null, el("span", { textContent: time(entry.at) }),
      mine || !TICKS[entry.status] ? null : el("span", { className: `tick ${entry.status}`, textContent: TICKS[entry.status], title: W[entry.status] || "" })),
    menuOf(entry));
  const reacted = Object.values(entry.reactions || {}).filter(Boolean).join(" ");
  return el("li", { className: mine ? "mine" : "" }, bubble, choicesOf(entry),
    reacted ? el("span", { className: "reactions", textContent: reacted }) : null);
}

function left(person) {
  if (person.line.startsWith("telegram")) return "";
  const rest = person.open_until - person.now;
  return rest > 0 ? `${W.open} ${Math.floor(rest / 3600)} h ${Math.floor(rest / 60) % 60} min` : W.shut;
}

async function lookThread() {
  if (!who) return;
  const id = who;
  let person;
  try { person = await ask("GET", `customers/${id}`); } catch { if (id === who) choose(""); return; }
  if (id !== who) return;
  $("who").textContent = person.name;
  $("about").textContent = [person.line, ...Object.values(person.ids).slice(0, 1), left(person)].filter(Boolean).join(" · ");
  $("block").textContent = person.blocked ? W.unblock : W.block;
  $("block").onclick = act(() => ask("POST", `customers/${id}/block`, { blocked: !person.blocked }));
  const counts = Object.fromEntries(person.received.map((one) => [one.id, one.times]));
  const thread = person.thread.filter((entry) => !["reaction", "edit", "withdrawal", "moved"].includes(entry.kind)).slice(-300);
  for (const entry of thread) entry.times = counts[entry.id] || 0;
  const now = JSON.stringify(thread);
  if (now !== seen && !document.querySelector(".acting[open]")) {
    seen = now;
    const box = $("thread"), atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 80 || !box.children.length;
    const none = el("li", { className: "none", textContent: W.empty });
    box.replaceChildren(...(thread.length ? thread.map((entry) => row(entry, thread)) : [none]));
    const toEnd = () => { box.scrollTop = box.scrollHeight; };
    if (atEnd) {
      toEnd();
      for (const picture of box.querySelectorAll("img")) picture.onload = toEnd;
    }
  }
  const unread = thread.some((entry) => entry.side === "line" && ["sent", "delivered"].includes(entry.status));
  if (unread && document.visibilityState === "visible") await ask("POST", `customers/${id}/read`, {});
}

// --- writing ---

async function write(what) {
  await ask("POST", `customers/${who}/write`, { wait: false, ...what });
  await lookThread();
  $("thread").scrollTop = $("thread").scrollHeight;
}

function quote(entry) {
  quoted = entry; editing = null;
  $("quoting").hidden = !entry;
  if (entry) { $("quoting").firstChild.textContent = `${W.reply}: ${words(entry) || entry.kind}`; $("text").focus(); }
}

function edit(entry) {
  quote(null);
  editing = entry;
  $("quoting").hidden = false;
  $("quoting").firstChild.textContent = `${W.edit}: ${entry.text}`;
  $("text").value = entry.text;
  $("text").focus();
}

$("quoting").lastChild.onclick = () => { if (editing) $("text").value = ""; quote(null); };
$("composer").onsubmit = act(async () => {
  const text = $("text").value.trim();
  if (!text) return;
  await write(editing ? { kind: "edit", target: editing.id, text } : { text, reply_to: quoted?.id || "" });
  $("text").value = "";
  quote(null);
});
$("text").onkeydown = (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); $("composer").requestSubmit(); }
};
$("kinds").append(...KINDS.map((kind) => el("button", {
  type: "button", textContent: W[kind],
  onclick: act(async () => {
    $("more").open = false;
    if (kind === "file") return $("file").click();
    const text = $("text").value.trim();
    await write(kind === "referral" ? { text: text || W.referral, referral: true } : { kind, text });
    $("text").value = "";
  }),
})));
$("file").onchange = act(async () => {
  const file = $("file").files[0];
  if (!file) return;
  const url = await new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(file);
  });
  const family = file.type.split("/")[0];
  const kind = ["image", "audio", "video"].includes(family) ? family : "document";
  await write({ kind, data: url.split(",")[1] || "", mime: file.type, name: file.name, text: $("text").value.trim() });
  $("text").value = $("file").value = "";
});
$("back").onclick = () => choose("");

// --- around it ---

$("jump").onclick = act(async () => { await ask("POST", "jump", { hours: 24 }); await look(); });
for (const button of document.querySelectorAll("[data-close]")) button.onclick = () => button.closest("dialog").close();

$("open-new").onclick = () => {
  const lines = state?.lines || [];
  $("new-form").line.replaceChildren(...lines.map((line) => el("option", { value: line.line, textContent: `${line.name || line.kind} (${line.line})` })));
  $("new-dialog").showModal();
};
$("new-form").onsubmit = act(async (event) => {
  const given = Object.fromEntries(new FormData(event.target));
  const what = { line: given.line, name: given.name };
  if (given.phone) what.phone = given.phone.replace(/\D/g, "");
  if (given.hidden) what.phone = "";
  const made = await ask("POST", "customers", what);
  $("new-dialog").close();
  event.target.reset();
  await look();
  choose(made.customers[0].id);
});

const DEFAULTS = {};
const OPTIONS = { receipts: ["ordered", "shuffled", "early", "off"], window: ["later", "at_once", "off"] };
$("open-faults").onclick = act(async () => {
  const faults = await ask("GET", "faults");
  $("faults-grid").replaceChildren(...Object.entries(faults).map(([name, value]) => {
    const label = W.of_faults[name] || name;
    if (typeof value === "boolean") return el("label", { className: "check" }, el("input", { type: "checkbox", name, checked: value }), label);
    if (OPTIONS[name]) {
      const options = OPTIONS[name].map((one) => el("option", { value: one, textContent: W.of_options[one], selected: one === value }));
      return el("label", {}, label, el("select", { name }, ...options));
    }
    return el("label", {}, label, el("input", { name, type: "number", step: "any", min: 0, value }));
  }));
  $("faults-dialog").showModal();
});
$("faults-form").onsubmit = act(async () => {
  const what = {};
  for (const field of $("faults-form").querySelectorAll("[name]")) {
    what[field.name] = field.type === "checkbox" ? field.checked : field.type === "number" ? Number(field.value) : field.value;
  }
  await ask("POST", "faults", what);
  $("faults-dialog").close();
  await look();
});

$("open-run").onclick = () => { showRun(); $("run-dialog").showModal(); };
$("run-form").onsubmit = act(async (event) => {
  const given = new FormData(event.target);
  await ask("POST", "run", { messages: Number(given.get("messages")), customers: Number(given.get("customers")) });
  await look();
});
$("run-stop").onclick = act(async () => { await ask("DELETE", "run"); await look(); });

function showRun() {
  const run = state?.run || {};
  $("run-progress").textContent = run.total ? `${run.accepted} / ${run.total} · ${run.seconds} s` : "";
  $("run-stop").disabled = !run.running;
  const shown = ["written", "accepted", "received", "duplicates", "out_of_order", "refused"];
  $("totals").replaceChildren(...shown.map((name) => el("div", {},
    el("dt", { textContent: W[name] }), el("dd", { textContent: state?.totals[name] ?? 0 }))));
}

function showFaults() {
  if (!DEFAULTS.known) Object.assign(DEFAULTS, state.defaults, { known: true });
  const on = Object.entries(state.faults).filter(([name, value]) => DEFAULTS[name] !== value).length;
  $("fault-count").textContent = on;
  $("fault-count").hidden = !on;
}

async function look() {
  state = await ask("GET", "state");
  $("clock").textContent = new Date(state.now * 1000).toLocaleString("es", { dateStyle: "short", timeStyle: "short" });
  showPeople();
  showFaults();
  if ($("run-dialog").open) showRun();
}

async function forever(work, pause) {
  for (;;) {
    try { await work(); } catch { /* it is being restarted: the next look tells */ }
    await new Promise((done) => setTimeout(done, document.hidden ? pause * 5 : pause));
  }
}

choose(who);
forever(look, 1500);
forever(lookThread, 1000);
