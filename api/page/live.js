// The operator's desk: lanes as they are, what happened, stays, and two things to do: open, and take money.
// State comes from REST; the WebSocket says what changed, numbered, so nothing is missed after a break.

const find = (id) => document.getElementById(id);
const desk = { lanes: [], pictures: new Map(), decisions: new Map(), chosen: null, last: null, cursor: null, site: null };

class Problem extends Error {
  constructor(status, message) { super(message); this.status = status; }
}

async function call(method, path, body) {
  const headers = {};
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET") headers["idempotency-key"] = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  const answer = await fetch(`/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
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

function money(amount) {
  if (!amount) return "";
  const format = new Intl.NumberFormat(undefined, { style: "currency", currency: amount.currency });
  return format.format(amount.minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}

const clock = (at) => (at ? new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" }) : "");

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
    say(error instanceof Problem ? error.message : "The server does not answer. Nothing was done that is not shown.");
  }
}

// ---- lanes

function laneCard(lane, index) {
  const last = lane.last;
  const decided = last ? { text: last.text, outcome: last.outcome, local: last.local } : desk.decisions.get(lane.id);
  const seen = last ?? desk.pictures.get(lane.id);
  const picture = seen?.evidence
    ? element("img", { src: `/api/v1/evidence/${seen.evidence}`, alt: `Last car at ${lane.name}`, onerror: (event) => event.target.replaceWith("picture is on its way") })
    : "no picture yet";
  const gone = !lane.device?.connected;
  return element("article", { class: `lane ${decided?.outcome ?? ""}`, "aria-label": lane.name, "aria-current": desk.chosen === index, onclick: () => choose(index) },
    element("div", { class: "title" }, element("b", {}, lane.name || lane.code), element("span", {}, lane.direction),
      element("span", { class: gone ? "boom gone" : "boom" }, gone ? "lane not heard" : `boom ${lane.boom}`)),
    element("div", { class: "frame" }, picture),
    element("div", {}, plate(seen?.plate), last ? null : element("span", { class: "empty" }, seen ? " gone" : " no car")),
    element("div", { class: "words" }, decided?.text ?? "Waiting for a car.", decided?.local ? " (decided by the lane itself)" : ""),
    lane.faults.length ? element("div", { class: "faults" }, lane.faults.join(", ")) : null,
    element("div", { class: "buttons" },
      last?.amount && last.stay && last.outcome === "charge"
        ? element("button", { class: "main", type: "button", onclick: () => pay(lane) }, `Take ${money(last.amount)}`) : null,
      element("button", { type: "button", onclick: () => order(lane, "open") }, "Open"),
      element("button", { type: "button", onclick: () => order(lane, "close") }, "Close"),
      element("button", { type: "button", onclick: () => order(lane, "hold") }, "Hold open"),
      element("button", { type: "button", onclick: () => order(lane, "release") }, "Release")));
}

function drawLanes() {
  const cards = desk.lanes.map(laneCard);
  find("lanes").replaceChildren(...(cards.length ? cards : [element("p", { class: "empty" }, "No lanes yet. Add one with: boomgate device add")]));
}

async function loadLanes() {
  desk.lanes = (await call("GET", "/lanes")).items;
  for (const lane of desk.lanes) if (lane.last) desk.pictures.set(lane.id, lane.last);
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
  const { stay, amount } = lane.last;
  await attempt(async () => {
    const taken = await call("POST", `/stays/${stay}/payments`, { method: "cash", amount, note: "" });
    say(`${money(amount)} taken${taken.opens ? `, ${taken.opens} opens` : ""}.`);
    await loadLanes();
  });
}

// ---- stays

function stayRow(stay) {
  const show = () => showStay(stay.id);
  return element("tr", { tabindex: 0, onclick: show, onkeydown: (event) => { if (event.key === "Enter") show(); } },
    element("td", {}, plate(stay.plate)), element("td", {}, `${clock(stay.entered_at)} ${stay.entry_lane ?? ""}`),
    element("td", {}, `${clock(stay.exited_at)} ${stay.exit_lane ?? ""}`), element("td", { class: "number" }, stay.paid.minor ? money(stay.paid) : ""));
}

async function loadStays(more = false) {
  const query = new URLSearchParams({ state: find("state").value, limit: "20" });
  if (desk.site) query.set("site", desk.site.id);
  if (find("plate").value.trim()) query.set("plate", find("plate").value.trim());
  if (more && desk.cursor) query.set("cursor", desk.cursor);
  const page = await call("GET", `/stays?${query}`);
  const rows = page.items.map(stayRow);
  if (more) find("stays").append(...rows); else find("stays").replaceChildren(...rows);
  desk.cursor = page.next;
  find("more").hidden = !page.next;
  find("stays-empty").hidden = find("stays").children.length > 0;
}

async function showStay(id) {
  await attempt(async () => {
    const stay = await call("GET", `/stays/${id}`);
    find("stay-title").replaceChildren(plate(stay.plate), ` ${stay.status}`);
    const lines = (stay.charge?.lines ?? []).map((line) => element("tr", {}, element("td", {}, line.text), element("td", {}, `${line.minutes} min`), element("td", { class: "number" }, money(line.amount))));
    const sum = stay.charge && element("tr", {}, element("th", {}, "Due"), element("td", {}, `${stay.charge.minutes} min in all`), element("th", { class: "number" }, money(stay.charge.due)));
    const payments = stay.payments.map((one) => element("li", {}, `${clock(one.taken_at)} ${money(one.amount)} ${one.method}, taken by ${one.taken_by || "the server"}`));
    const decisions = stay.decisions.map((one) => element("li", {}, `${clock(one.at)} `, element("span", { class: `word-${one.outcome}` }, one.text), one.superseded ? " (the lane had decided already)" : ""));
    find("stay-body").replaceChildren(
      element("p", {}, `In ${clock(stay.entered_at) || "unknown"} at ${stay.entry_lane ?? "?"}${stay.exited_at ? `, out ${clock(stay.exited_at)} at ${stay.exit_lane ?? "?"}` : ""}`),
      stay.charge ? element("table", {}, element("tbody", {}, ...lines, sum)) : element("p", { class: "empty" }, "No tariff applies."),
      payments.length ? element("ul", {}, ...payments) : element("p", { class: "empty" }, "Nothing paid."),
      element("h2", {}, "Decisions"), element("ul", {}, ...decisions));
    find("stay").showModal();
  });
}

// ---- live feed

function describe(row) {
  const data = row.data ?? {};
  switch (row.kind) {
    case "decision": return [`word-${data.outcome}`, `${data.plate ?? "unread car"}: ${row.text ?? data.code}`];
    case "arrival": return ["", `${data.plate ?? "a car"} arrives`];
    case "passage": return ["", `${data.plate ?? "a car"} ${String(data.kind ?? "passed").replace("_", " ")}`];
    case "payment": return ["word-open", `${data.amount ? money(data.amount) : "money"} paid (${data.method})`];
    case "command": return ["", `${data.action ?? "order"} ${data.state ?? ""}${data.by ? ` by ${data.by}` : ""}${data.reason ? `: ${data.reason}` : ""}`];
    case "exception": return ["word-deny", row.text ?? data.code ?? "exception"];
    case "fault": return ["word-deny", `${row.text ?? data.code}${data.raised === false ? " (over)" : ""}`];
    default: return ["", row.text ?? row.kind];
  }
}

function showRow(row) {
  if (row.kind === "boom" || row.kind === "hello") return;
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
  setTimeout(() => { pending = false; attempt(async () => { await loadLanes(); if (!desk.cursor || find("stays").children.length <= 20) await loadStays(); }); }, 250);
}

function connect() {
  const query = new URLSearchParams();
  if (desk.site) query.set("site", desk.site.id);
  if (desk.last !== null) query.set("since", desk.last);
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/live?${query}`);
  socket.onopen = () => { find("link").textContent = "live"; find("link").className = ""; };
  socket.onmessage = (message) => {
    const row = JSON.parse(message.data);
    if (row.kind === "start") { desk.last = row.no; if (row.missed) say("Some of what happened is too old to show."); }
    else { desk.last = row.no; showRow(row); }
    refresh();
  };
  socket.onclose = () => {
    if (find("desk").hidden) return;
    find("link").textContent = "connection lost, trying again";
    find("link").className = "lost";
    setTimeout(() => attempt(async () => { await call("GET", "/me"); connect(); }).then(() => { if (find("link").className === "lost") setTimeout(connect, 3000); }), 1000);
  };
}

// ---- coming and going

function showLogin() {
  find("desk").hidden = true;
  find("leave").hidden = true;
  find("login").hidden = false;
  find("name").focus();
}

async function showDesk(me) {
  desk.site = me.sites[0] ?? null;
  find("site").textContent = desk.site ? desk.site.name : "no site";
  find("login").hidden = true;
  find("desk").hidden = false;
  find("leave").hidden = false;
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

find("leave").addEventListener("click", () => attempt(async () => { await call("POST", "/logout", {}); location.reload(); }));
find("more").addEventListener("click", () => attempt(() => loadStays(true)));
find("state").addEventListener("change", () => attempt(loadStays));
let typing;
find("plate").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => attempt(loadStays), 250); });

document.addEventListener("keydown", (event) => {
  if (find("desk").hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, dialog")) return;
  const lane = desk.lanes[desk.chosen];
  if (/^[1-9]$/.test(event.key)) choose(Number(event.key) - 1);
  else if (event.key === "/") find("plate").focus();
  else if (event.key === "o" && lane) order(lane, "open");
  else if (event.key === "p" && lane?.last?.amount && lane.last.stay) pay(lane);
  else return;
  event.preventDefault();
});

call("GET", "/me").then((me) => attempt(() => showDesk(me)), showLogin);
