// The operator's desk: lanes as they are, what happened, stays, and two things to do: open, and take money.
// State comes from REST; the WebSocket says what changed, numbered, so nothing is missed after a break.

import { money } from "/money.js";

const find = (id) => document.getElementById(id);
const desk = { lanes: [], pictures: new Map(), plates: new Map(), decisions: new Map(), chosen: null, last: null, cursor: null, site: null, me: null, socket: null, heard: 0, asking: new AbortController() };
const mayTakeMoney = () => ["admin", "operator"].includes(desk.me?.role);

// After so many milliseconds no answer is expected any more.
const PATIENCE = 15000;

class Problem extends Error {
  constructor(status, message) { super(message); this.status = status; }
}

async function call(method, path, body) {
  const headers = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET") headers["idempotency-key"] = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  const signal = AbortSignal.any([desk.asking.signal, AbortSignal.timeout(PATIENCE)]);
  const answer = await fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body), signal });
  if (answer.status === 204) return null;
  const read = await answer.json().catch(() => ({ message: answer.statusText }));
  if (!answer.ok) throw new Problem(answer.status, read.message ?? "that did not work");
  return read;
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false && value != null) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

const today = (at) => at.toDateString() === new Date().toDateString();
function clock(text) {
  if (!text) return "";
  const at = new Date(text);
  const time = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  return today(at) ? time : `${at.toLocaleDateString([], { day: "2-digit", month: "2-digit" })} ${time}`;
}

function plate(text) {
  return element("span", { class: text ? "plate" : "plate none" }, text || "not read");
}

let toastTimer;
function say(text) {
  const toast = find("toast");
  toast.textContent = text;
  toast.classList.add("shown");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => toast.classList.remove("shown"), 5000);
}

// Failures end here: in words, or at the login.
async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return showLogin();
    if (error.name === "AbortError") return; // Nobody waits for the answer any more.
    say(error instanceof Problem ? error.message : "The server does not answer. Nothing was done that is not shown.");
  }
}

// ---- lanes

// A picture is named once it is stored; until then the one before stays, told apart by its look and its words.
function picture(lane) {
  const shown = lane.last?.evidence ?? desk.pictures.get(lane.id);
  if (!shown) return "no picture yet";
  const earlier = lane.last && !lane.last.evidence;
  return element("img", {
    src: `/api/v1/evidence/${shown}`, class: earlier ? "earlier" : "",
    alt: `${earlier ? "An earlier" : "Last"} car at ${lane.name || lane.code}`,
    onerror: (event) => event.target.replaceWith("the picture did not come"),
  });
}

// A device whose certificate ends is not heard any more: a month ahead is time enough to renew it.
function certificate(device) {
  const days = device?.certificate_days;
  if (days == null || days > 30) return null;
  const text = days < 0 ? "Certificate has ended: renew it" : `Certificate ends in ${days} ${days === 1 ? "day" : "days"}: renew it`;
  return element("div", { class: days < 7 ? "certificate soon" : "certificate" }, text);
}

function laneCard(lane, index) {
  const last = lane.last;
  const decided = last ? { text: last.text, outcome: last.outcome, local: last.local } : desk.decisions.get(lane.id);
  const seen = last ? last.plate : desk.plates.get(lane.id);
  const gone = !lane.device?.connected;
  const act = (action, label) => element("button", { type: "button", onclick: () => order(lane, action) }, label);
  return element("article", { class: `lane ${decided?.outcome ?? ""}`, "aria-label": lane.name || lane.code, "aria-current": String(desk.chosen === index), onclick: () => choose(index) },
    element("div", { class: "title" }, element("b", {}, lane.name || lane.code), element("span", {}, lane.direction),
      element("span", { class: gone ? "boom gone" : "boom" }, gone ? "lane not heard" : `boom ${lane.boom}`)),
    element("div", { class: "frame" }, picture(lane)),
    element("div", { class: "car" }, plate(seen), last ? null : element("span", { class: "empty" }, desk.plates.has(lane.id) ? "gone" : "no car")),
    element("div", { class: "words" }, decided?.text ?? "Waiting for a car.", decided?.local ? " (decided by the lane itself)" : ""),
    lane.faults.length ? element("div", { class: "faults" }, lane.faults.join(", ")) : null,
    certificate(lane.device),
    lane.view ? element("div", { class: lane.view.score < 60 ? "view poor" : "view" }, `Camera's view ${lane.view.score} of 100: ${lane.view.advice}`) : null,
    element("div", { class: "buttons" },
      payable(lane) ? element("button", { class: "main", type: "button", onclick: () => pay(lane) }, `Take ${money(last.amount)}`) : null,
      act("open", "Open"), act("close", "Close"), act("hold", "Hold"), act("release", "Release")));
}

const payable = (lane) => mayTakeMoney() && lane?.last?.amount && lane.last.stay && lane.last.outcome === "charge";

// A card is replaced only when it says something new, never under a pressed button, and keeps the keyboard's place.
let pressed = false;
const cards = new Map();

function drawLanes() {
  if (pressed) return;
  desk.lanes.forEach((lane, index) => {
    const said = JSON.stringify([lane.name, lane.code, lane.boom, lane.faults, lane.view, lane.device?.connected, lane.device?.certificate_days, lane.last, desk.pictures.get(lane.id), desk.decisions.get(lane.id), desk.chosen === index]);
    const old = cards.get(lane.id);
    if (old?.said === said) return;
    const card = laneCard(lane, index);
    const focused = old?.card.contains(document.activeElement) ? document.activeElement.textContent : null;
    if (old?.card.isConnected) old.card.replaceWith(card); else find("lanes").append(card);
    if (focused) [...card.querySelectorAll("button")].find((button) => button.textContent === focused)?.focus();
    cards.set(lane.id, { said, card });
  });
  for (const [id, old] of cards) if (!desk.lanes.some((lane) => lane.id === id)) { old.card.remove(); cards.delete(id); }
  find("no-lanes").hidden = desk.lanes.length > 0;
}

find("lanes").addEventListener("pointerdown", () => { pressed = true; });
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(() => { pressed = false; drawLanes(); }));

async function loadLanes() {
  desk.lanes = (await call("GET", "/lanes")).items.filter((lane) => lane.site.id === desk.site?.id);
  for (const lane of desk.lanes) {
    if (lane.last) desk.plates.set(lane.id, lane.last.plate);
    if (lane.last?.evidence) desk.pictures.set(lane.id, lane.last.evidence);
  }
  drawLanes();
}

function choose(index) {
  if (index >= desk.lanes.length) return;
  desk.chosen = index;
  drawLanes();
}

function ask(title, action) {
  return new Promise((resolve) => {
    const dialog = find("reason");
    find("reason-title").textContent = title;
    find("reason-go").textContent = action;
    find("reason-text").value = "";
    dialog.returnValue = "cancel";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "go" ? find("reason-text").value.trim() : null), { once: true });
    dialog.showModal();
  });
}

// Not a submit button: Enter in the reason would press the first of those.
find("reason-cancel").addEventListener("click", () => find("reason").close("cancel"));

async function order(lane, action) {
  const words = { open: "Open", close: "Close", hold: "Hold open", release: "Release" };
  const reason = await ask(`${words[action]} ${lane.name || lane.code}?`, words[action]);
  if (!reason) return;
  await attempt(async () => {
    await call("POST", `/lanes/${lane.id}/commands`, { action, reason, arrival: lane.last?.arrival });
    say(`${words[action]}: ordered at ${lane.name || lane.code}.`);
  });
}

async function pay(lane) {
  await take(lane.last.stay, lane.last.amount);
}

async function take(stay, amount) {
  await attempt(async () => {
    const taken = await call("POST", `/stays/${stay}/payments`, { method: "cash", amount, note: "" });
    say(`${money(amount)} taken${taken.opens ? `, ${taken.opens} opens` : ""}.`);
    find("stay").close();
    await loadLanes();
  });
}

// ---- stays

function stayRow(stay) {
  const show = () => showStay(stay.id);
  return element("tr", { tabindex: 0, "data-stay": stay.id, onclick: show, onkeydown: (event) => { if (event.key === "Enter") show(); } },
    element("td", {}, plate(stay.plate)), element("td", {}, `${clock(stay.entered_at)} ${stay.entry_lane ?? ""}`),
    element("td", {}, `${clock(stay.exited_at)} ${stay.exit_lane ?? ""}`), element("td", { class: "number" }, stay.paid.minor ? money(stay.paid) : ""));
}

function staysQuery() {
  const query = new URLSearchParams({ state: find("state").value, limit: "20" });
  if (desk.site) query.set("site", desk.site.id);
  if (find("plate").value.trim()) query.set("plate", find("plate").value.trim());
  return query;
}

async function loadStays(more = false) {
  const query = staysQuery();
  const asked = String(query);
  if (more && desk.cursor) query.set("cursor", desk.cursor);
  const page = await call("GET", `/stays?${query}`);
  if (asked !== String(staysQuery())) return; // Something else is wanted by now.
  const rows = page.items.map(stayRow);
  if (more) find("stays").append(...rows); else drawStays(rows);
  desk.cursor = page.next;
  find("more").hidden = !page.next;
  find("stays-empty").hidden = find("stays").children.length > 0;
}

// Rows that say the same stay where they are, so that neither a click nor the keyboard's place is lost.
function drawStays(rows) {
  const table = find("stays");
  const focused = document.activeElement;
  const place = [...table.children].indexOf(focused);
  for (const old of [...table.children]) {
    const same = rows.findIndex((row) => row.isEqualNode(old));
    if (same < 0) old.remove(); else rows[same] = old;
  }
  rows.forEach((row, index) => { if (table.children[index] !== row) table.insertBefore(row, table.children[index] ?? null); });
  if (place < 0 || document.activeElement === focused) return;
  (rows.find((row) => row.dataset.stay === focused.dataset.stay) ?? rows[Math.min(place, rows.length - 1)])?.focus();
}

async function showStay(id) {
  await attempt(async () => {
    const stay = await call("GET", `/stays/${id}`);
    const states = { open: "inside", closed: "left", voided: "voided", exit_only: "seen leaving only" };
    find("stay-title").replaceChildren(plate(stay.plate), ` ${states[stay.status] ?? stay.status}`);
    const lines = (stay.charge?.lines ?? []).map((line) => element("tr", {}, element("td", {}, line.text), element("td", {}, `${line.minutes} min`), element("td", { class: "number" }, money(line.amount))));
    const sum = stay.charge && element("tr", {}, element("th", {}, "Due"), element("td", {}, `${stay.charge.minutes} min in all`), element("th", { class: "number" }, money(stay.charge.due)));
    const payments = stay.payments.map((one) => element("li", {}, `${clock(one.taken_at)} ${money(one.amount)} ${one.method}, taken by ${one.taken_by || "the server"}`));
    const decisions = stay.decisions.map((one) => element("li", {}, `${clock(one.at)} `, element("span", { class: `word-${one.outcome}` }, one.text), one.superseded ? " (the lane had decided already)" : ""));
    find("stay-body").replaceChildren(
      element("p", {}, `In ${clock(stay.entered_at) || "unknown"} at ${stay.entry_lane ?? "?"}${stay.exited_at ? `, out ${clock(stay.exited_at)} at ${stay.exit_lane ?? "?"}` : ""}`),
      stay.charge ? element("table", {}, element("tbody", {}, ...lines, sum)) : element("p", { class: "empty" }, "No tariff applies."),
      payments.length ? element("ul", {}, ...payments) : element("p", { class: "empty" }, "Nothing paid."),
      element("h2", {}, "Decisions"), element("ul", {}, ...decisions));
    const due = stay.status === "open" && stay.charge?.due.minor > 0 && mayTakeMoney() ? stay.charge.due : null;
    find("stay-take").hidden = !due;
    find("stay-take").textContent = due ? `Take ${money(due)}` : "";
    find("stay-take").onclick = () => take(stay.id, due);
    find("stay").showModal();
  });
}

// ---- live feed

// How a person wrote the plate in the list that decided; it may also be a twin of what was read (0 and O, 1 and I).
function listedAs(data) {
  return data.listed_as && data.listed_as !== data.plate ? ` (listed as ${data.listed_as})` : "";
}

function describe(row) {
  const data = row.data ?? {};
  switch (row.kind) {
    case "decision": return [`word-${data.outcome}`, `${data.plate ?? "unread car"}${listedAs(data)}: ${row.text ?? data.code}`];
    case "arrival": return ["", `${data.plate ?? "a car"} arrives`];
    case "passage": return ["", `${data.plate ?? "a car"} ${String(data.kind ?? "passed").replace("_", " ")}`];
    case "payment": return ["word-open", `${data.amount ? money(data.amount) : "money"} paid (${data.method})`];
    case "command": return data.by
      ? ["", `${data.action} ordered by ${data.by}: ${data.reason}`]
      : ["word-deny", `order ${data.state ?? ""}: ${row.text ?? data.code ?? ""}`];
    case "exception": return ["word-deny", row.text ?? String(data.what ?? "exception").replaceAll("_", " ")];
    case "fault": return ["word-deny", `${row.text ?? data.code}${data.raised === false ? " (over)" : ""}`];
    default: return ["", row.text ?? row.kind];
  }
}

function showRow(row) {
  if (row.kind === "picture") return desk.pictures.set(row.lane, row.data.evidence);
  // What went as ordered is seen at the lane itself.
  if (row.kind === "boom" || row.kind === "hello" || (row.kind === "command" && !row.data.by && ["done", "ignored", "sent"].includes(row.data.state))) return;
  const lane = desk.lanes.find((one) => one.id === row.lane);
  const [style, text] = describe(row);
  const feed = find("feed");
  feed.querySelector(".empty")?.remove();
  feed.prepend(element("li", {}, element("time", {}, clock(row.at)), element("span", { class: "where" }, lane?.name || lane?.code || ""), element("span", { class: style }, text)));
  while (feed.children.length > 200) feed.lastChild.remove();
  if (row.kind === "decision" && row.lane) desk.decisions.set(row.lane, { text: row.text ?? row.data.code, outcome: row.data.outcome, local: row.data.local });
}

let pending = false;
function refresh() {
  if (pending) return;
  pending = true;
  setTimeout(() => attempt(async () => {
    pending = false;
    if (!desk.site) return;
    await loadLanes();
    if (find("stays").children.length <= 20) await loadStays();
  }), 300);
}

// One socket at a time; an older one that ends is nobody's business any more.
function connect() {
  // The first time with the last few rows, so that nobody who sits down finds an empty feed.
  const from = desk.last === null ? { back: 50 } : { since: desk.last };
  const query = new URLSearchParams({ site: desk.site.id, ...from });
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/live?${query}`);
  desk.socket?.close();
  desk.socket = socket;
  desk.begun = Date.now();
  socket.onmessage = (message) => {
    if (desk.socket !== socket) return;
    desk.heard = Date.now();
    const row = JSON.parse(message.data);
    if (row.kind === "start") showLink("live", "");
    if (row.kind === "beat") return;
    desk.last = row.no;
    if (row.kind !== "start") showRow(row);
    else if (row.missed) say("Some of what happened is too old to show.");
    refresh();
  };
  socket.onclose = () => lose(socket);
}

// The server says something every two seconds. A line that is dead without having been closed says nothing for ever.
const STALE = 5000;
setInterval(() => {
  if (desk.socket && Date.now() - Math.max(desk.heard, desk.begun) > STALE) lose(desk.socket);
}, 1000);

function lose(socket) {
  if (desk.socket !== socket) return;
  desk.socket = null;
  socket.close();
  reconnect();
}

function reconnect() {
  const since = desk.heard ? ` since ${clock(new Date(desk.heard))}` : "";
  showLink(`no word from the server${since}, connecting again`, "lost");
  setTimeout(async () => {
    if (find("desk").hidden || desk.socket) return;
    try {
      await call("GET", "/me");
      // Meanwhile another site may have been chosen, or nobody be logged in any more.
      if (!find("desk").hidden && !desk.socket) connect();
    } catch (error) {
      if (error.status === 401) showLogin(); else reconnect();
    }
  }, 1500);
}

function showLink(text, style) {
  find("link").textContent = text;
  find("link").className = style;
}

// ---- coming and going

function showLogin() {
  const socket = desk.socket;
  desk.socket = null;
  socket?.close();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close("cancel");
  for (const id of ["desk", "leave", "sites"]) find(id).hidden = true;
  showLink("", "");
  find("login").hidden = false;
  find("name").focus();
}

async function showDesk(me) {
  desk.me = me;
  find("login").hidden = true;
  find("desk").hidden = false;
  find("leave").hidden = false;
  find("sites").replaceChildren(...me.sites.map((site) => element("option", { value: site.id }, site.name)));
  find("sites").hidden = me.sites.length === 0;
  await showSite(me.sites[0] ?? null);
}

// Everything on the desk is of one site, and what was there of another goes.
async function showSite(site) {
  const before = desk.socket;
  desk.socket = null;
  before?.close();
  Object.assign(desk, { site, lanes: [], last: null, cursor: null, chosen: null });
  desk.pictures.clear();
  desk.plates.clear();
  desk.decisions.clear();
  find("feed").replaceChildren(element("li", { class: "empty" }, "Nothing yet. The next car will show up here."));
  if (!site) return say("You were given no site yet. An admin can change that.");
  await loadLanes();
  await loadStays();
  connect();
}

find("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  find("login-error").textContent = "";
  try {
    const answer = await call("POST", "/login", { name: find("name").value, password: find("password").value });
    find("password").value = "";
    await attempt(() => showDesk(answer.user));
  } catch (error) {
    find("login-error").textContent = error instanceof Problem ? error.message : "The server does not answer.";
  }
});

// Once the session is gone nothing may be under way in its name: it would be refused, and look like a fault.
find("leave").addEventListener("click", () => attempt(async () => {
  const socket = desk.socket;
  Object.assign(desk, { socket: null, site: null, lanes: [] });
  socket?.close();
  desk.asking.abort();
  desk.asking = new AbortController();
  find("lanes").replaceChildren();
  cards.clear();
  await call("POST", "/logout", {});
  location.reload();
}));
find("sites").addEventListener("change", () => attempt(() => showSite(desk.me.sites.find((site) => site.id === find("sites").value))));
find("more").addEventListener("click", () => attempt(() => loadStays(true)));
find("state").addEventListener("change", () => attempt(() => loadStays()));
let typing;
find("plate").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => attempt(() => loadStays()), 250); });

document.addEventListener("keydown", (event) => {
  if (find("desk").hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, dialog")) return;
  const lane = desk.lanes[desk.chosen];
  if (/^[1-9]$/.test(event.key)) choose(Number(event.key) - 1);
  else if (event.key === "/") find("plate").focus();
  else if (event.key === "o" && lane) order(lane, "open");
  else if (event.key === "p" && payable(lane)) pay(lane);
  else return;
  event.preventDefault();
});

call("GET", "/me").then((me) => attempt(() => showDesk(me)), showLogin);
