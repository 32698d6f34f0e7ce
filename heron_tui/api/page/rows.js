// Lists: sessions with their turns and calls, findings, and losses, as rows of tables.

import { MOST, held, more } from "/asking.js";
import { SIGNS, clock, facts, failed, joined, line, made, many, outcome, short, took } from "/words.js";

const COLUMNS = [
  ["time"], ["what", "what"], ["outcome", "tone"], ["ttft", "number"], ["took", "number"],
  ["in", "number spare"], ["cached", "number spare"], ["out", "number spare"], ["$", "number spare"],
];
const FOUND = [["time"], ["", "tone"], ["code"], ["what it means", "wide"]];
const LOST = [["loss", "tone"], ["", "number"], ["what it means", "wide"]];

const by = (time) => (a, b) => a[time] - b[time] || (a.id < b.id ? -1 : 1);

function grouped(records, time, key) {
  const groups = new Map();
  for (const record of [...records].sort(by(time))) {
    const name = key(record);
    if (groups.has(name)) groups.get(name).push(record);
    else groups.set(name, [record]);
  }
  return groups;
}

// Sessions, the one that went on last first; below them turns and calls in order of time, legs below their call.
function tree() {
  const found = [];
  const turns = grouped(held.turns.values(), "t_start_us", (turn) => turn.session);
  const place = (call) => {
    if (held.calls.has(call.leg_of)) return `leg ${call.leg_of}`;
    return held.turns.has(call.turn) ? call.turn : `outside ${call.session}`;
  };
  const calls = grouped(held.calls.values(), "t_request_us", place);
  const put = (name) => {
    for (const call of calls.get(name) ?? []) {
      found.push({ kind: "call", id: call.id, record: call });
      put(`leg ${call.id}`);
    }
    calls.delete(name);
  };
  for (const session of [...held.sessions.values()].sort(by("t_end_us")).reverse()) {
    found.push({ kind: "session", id: session.id, record: session });
    put(`outside ${session.id}`);
    for (const turn of turns.get(session.id) ?? []) {
      found.push({ kind: "turn", id: turn.id, record: turn });
      put(turn.id);
    }
  }
  const rest = [...calls.keys()];
  if (rest.length) found.push({ kind: "session", id: "", record: null });
  rest.forEach(put);
  return found;
}

const tokens = (one) => [
  short(one.input_tokens), short(one.cache_read_tokens), short(one.output_tokens), one.cost_usd?.toFixed(3) ?? "",
];

function cells({ kind, record }) {
  if (record === null) return ["", "calls of no session", ...Array(COLUMNS.length - 2).fill("")];
  if (kind === "session") {
    const words = joined(record.agent, many(record.turns, "turn"), many(record.calls, "call"), record.cwd);
    return [clock(record.t_start_us), words, "", "", took(record.t_end_us - record.t_start_us), ...tokens(record)];
  }
  if (kind === "turn") {
    const found = record.findings.length ? `⚠ ${many(record.findings.length, "finding")}` : "";
    const state = found || (record.status === "in_progress" ? "…" : "");
    const words = `${record.n} ${line(record.prompt) || "(no prompt)"}`;
    return [clock(record.t_start_us), words, state, "", took(record.t_end_us - record.t_start_us), ...tokens(record)];
  }
  const model = record.response_model ?? record.request_model ?? `${record.method} ${record.path}`;
  const again = record.attempt > 1 ? `attempt ${record.attempt}` : "";
  const said = line(record.text) || record.tool_calls.map((tool) => tool.name).join(", ");
  const words = joined(record.leg_of && "leg", record.auxiliary ?? record.subagent, model, again, said);
  const times = [took(record.ttft_us), took(record.e2e_us)];
  return [clock(record.t_request_us), `${record.n} ${words}`, outcome(record), ...times, ...tokens(record)];
}

function tone({ kind, record }) {
  if (kind === "call") return failed(record) ? "bad" : record.outcome === "ok" ? "" : "warn";
  return kind === "turn" && record.findings.length ? "warn" : "";
}

const deep = ({ kind, record }) => `${kind} ${record?.subagent || record?.leg_of ? "sub" : ""}`;

function table(columns, found, texts, toneOf, classOf, choose) {
  const head = columns.map(([name, kind]) => made("th", { class: kind }, name));
  const body = made("tbody");
  for (const row of found) {
    const told = texts(row);
    row.element = made("tr", { class: classOf(row), on: { click: () => choose(row.id) } });
    columns.forEach(([, kind], at) => {
      const colour = kind === "tone" ? toneOf(row) : "";
      const whole = kind === "what" ? told[at] : null;
      row.element.append(made("td", { class: `${kind ?? ""} ${colour}`, title: whole }, told[at]));
    });
    body.append(row.element);
  }
  return made("table", {}, made("thead", {}, made("tr", {}, ...head)), body);
}

const dim = (words) => made("p", { class: "dim" }, words);

// Each answers the rows of a view and its elements.
export const VIEWS = {
  turns(choose, { filtered }) {
    const rows = tree();
    const parts = [table(COLUMNS, rows, cells, tone, deep, choose)];
    if (!rows.length) parts.push(dim(filtered ? "Nothing fits this filter." : "No calls yet: they show as they come."));
    if (more.calls || more.turns) {
      parts.push(dim(`Only the newest ${MOST.calls} calls and ${MOST.turns} turns are shown: a filter finds others.`));
    }
    return [rows, parts];
  },

  findings(choose) {
    const newest = [...held.findings.values()].sort(by("t_us")).reverse();
    const rows = newest.map((record) => ({ kind: "finding", id: record.id, record }));
    const texts = ({ record: one }) => [clock(one.t_us), `${SIGNS[one.severity]} ${one.severity}`, one.code, one.text];
    const grave = ({ record }) => ({ error: "bad", warning: "warn" })[record.severity] ?? "";
    const parts = [table(FOUND, rows, texts, grave, () => "", choose)];
    if (!rows.length) parts.push(dim("Nothing was found."));
    return [rows, parts];
  },

  health(choose, { health }) {
    if (!health) return [[], []];
    const { engine, losses, lost, sources, store, uptime_s: up, version } = health;
    const texts = ({ record: one }) => [one.word, short(one.count) + (one.in_bytes ? " B" : ""), one.meaning];
    const colour = ({ record: one }) => (one.count && !one.harmless ? "warn" : "dim");
    const rows = losses.map((loss) => ({ id: loss.name, record: loss }));
    const since = engine.ended_us ? `since ${clock(engine.ended_us)}` : "";
    const known = { engine: joined(engine.state, engine.said, engine.reason, since), "up for": took(up * 1e6) };
    if (engine.behind_bytes) known.behind = joined(took(engine.behind_us), `${short(engine.behind_bytes)} B to decode`);
    for (const source of sources) {
      const dropped = source.dropped ? `${source.dropped} dropped` : "";
      known[`source ${source.name ?? source.id}`] = joined(many(source.packets ?? 0, "packet"), dropped, source.note);
    }
    Object.assign(known, { store: store.path, version, alarm: engine.alarm });
    engine.notes.forEach((note, at) => { known[`note ${at + 1}`] = note; });
    const words = lost ? "⚠ Something was lost" : "✓ Nothing was lost: every figure counts all that was captured";
    const parts = [
      made("h3", {}, words), table(LOST, rows, texts, colour, () => "", () => {}),
      made("h3", {}, "What it does"), facts(known),
    ];
    return [[], parts];
  },
};
