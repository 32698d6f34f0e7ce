// The console: what the API says, as it says it.

import { Refused, address, ask, load, refresh } from "/asking.js";
import { DETAILS } from "/detail.js";
import { VIEWS } from "/rows.js";
import { many, made, short } from "/words.js";

const PAUSE_MS = 300;
const NAMES = Object.keys(VIEWS);
const $ = (id) => document.getElementById(id);

let view = "turns";
let filter = "";
let rows = [];
let chosen = null;
let opened = null;
let health = null;

function draw() {
  const list = $("list");
  const top = list.scrollTop;
  for (const button of document.querySelectorAll("nav button")) {
    button.classList.toggle("on", button.dataset.view === view);
  }
  const [found, parts] = VIEWS[view]((id) => choose(id, true), { filtered: filter !== "", health });
  rows = found;
  list.replaceChildren(...parts);
  list.scrollTop = top;
  mark();
}

const mark = () => rows.forEach((row) => row.element.classList.toggle("chosen", row.id === chosen));

function choose(id, opens) {
  chosen = id;
  mark();
  const row = rows.find((one) => one.id === id);
  row?.element.scrollIntoView({ block: "nearest" });
  if (opens && row?.record) open({ kind: row.kind, id });
}

async function open(what) {
  opened = what;
  const detail = $("detail");
  let parts;
  try {
    parts = await DETAILS[what.kind](what.id, open);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    parts = [made("p", { class: "bad" }, refused.message)];
  }
  if (opened !== what) return;
  const top = detail.dataset.of === what.id ? detail.scrollTop : 0;
  detail.dataset.of = what.id;
  detail.replaceChildren(...parts);
  detail.hidden = false;
  document.body.classList.add("opened");
  detail.scrollTop = top;
}

function close() {
  opened = null;
  $("detail").hidden = true;
  document.body.classList.remove("opened");
  $("list").focus();
}

function show(name) {
  view = name;
  draw();
}

async function fit(wanted) {
  try {
    await load(wanted);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    const { message, at } = refused.error;
    $("problem").textContent = at == null ? message : `${message} (at ${at + 1})`;
    $("filter").classList.add("bad");
    return;
  }
  filter = wanted;
  $("problem").textContent = "";
  $("filter").classList.remove("bad");
  draw();
}

function tell(state, counters) {
  $("state").textContent = state === "none" ? "a store" : state;
  $("state").className = { dead: "bad", failed: "bad", running: "good" }[state] ?? "dim";
  const words = ["packet", "call", "turn", "finding"].map((word) => many(counters[`${word}s`], word));
  $("counts").textContent = words.join(" · ");
}

async function lookAtHealth() {
  health = await ask("health");
  const lost = health.losses.filter((loss) => loss.count && !loss.harmless).length;
  $("losses").textContent = lost ? `⚠ ${many(lost, "kind")} of loss` : "✓ nothing lost";
  $("losses").className = lost ? "warn" : "good";
  $("source").textContent = health.sources.map((source) => (source.name ?? "").split("/").pop()).join(", ");
  tell(health.engine.state, health.counters);
  if (view === "health") draw();
}

let wanted = false;
let busy = false;

// One refresh at a time, and one more for all that came meanwhile.
async function again() {
  wanted = true;
  if (busy) return;
  busy = true;
  try {
    while (wanted) {
      wanted = false;
      const [calls] = await Promise.all([refresh(), lookAtHealth()]);
      draw();
      if (opened?.kind === "call" && calls.includes(opened.id)) open(opened);
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  } finally {
    busy = false;
  }
}

function listen() {
  const events = new EventSource(address("events?kinds=calls,turns,sessions,findings"));
  let known = null;
  events.addEventListener("hello", (event) => {
    const told = JSON.parse(event.data);
    if (known && (told.store !== known || !told.resumed)) fit(filter);
    known = told.store;
    lookAtHealth();
  });
  events.addEventListener("tick", (event) => {
    const told = JSON.parse(event.data);
    tell(told.state, told.counters);
    again();
  });
  events.addEventListener("error", () => {
    $("state").textContent = "no answer: the server is gone, or wants a new token (open the address that it printed)";
    $("state").className = "bad";
  });
}

function go(step) {
  const at = rows.findIndex((row) => row.id === chosen);
  const place = Math.max(0, Math.min(rows.length - 1, at + step));
  if (rows.length) choose(rows[place].id, opened != null);
}

const KEYS = {
  j: () => go(1), ArrowDown: () => go(1), k: () => go(-1), ArrowUp: () => go(-1),
  g: () => go(-Infinity), G: () => go(Infinity),
  Enter: () => chosen != null && choose(chosen, true), Escape: close, "/": () => $("filter").focus(),
  1: () => show(NAMES[0]), 2: () => show(NAMES[1]), 3: () => show(NAMES[2]),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
  if (event.target === $("filter")) {
    if (event.key === "Escape") {
      $("filter").value = filter;
      $("list").focus();
    }
    return;
  }
  if (event.key === "Enter" && event.target.matches("button, a, summary")) return;
  event.preventDefault();
  KEYS[event.key]();
});
$("bar").addEventListener("submit", (event) => {
  event.preventDefault();
  fit($("filter").value.trim());
  $("list").focus();
});
$("losses").addEventListener("click", () => show("health"));
for (const button of document.querySelectorAll("nav button")) {
  button.addEventListener("click", () => show(button.dataset.view));
}

await Promise.all([fit(""), lookAtHealth()]);
listen();
