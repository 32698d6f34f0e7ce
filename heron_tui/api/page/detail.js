// What is opened: a session, a turn, a finding, or a call with its time, its words and its evidence.

import { address, ask, bytes } from "/asking.js";
import { SIGNS, clock, dollars, facts, failed, joined, line, made, many, outcome, short, took } from "/words.js";

const MESSAGES = 6;

const link = (text, path) => made("a", { href: address(path), target: "_blank", rel: "noopener" }, text);
const links = (...all) => made("div", { class: "links" }, ...all);
const title = (words, tone) => made("h2", { class: tone }, words);
const head = (words) => made("h3", {}, words);

const consumed = (one) => ({
  "input tokens": short(one.input_tokens),
  "of them cached": short(one.cache_read_tokens),
  "output tokens": short(one.output_tokens),
  cost: dollars(one.cost_usd),
});

// Each answers the elements for an id; `open` opens another one.
export const DETAILS = {
  async session(id) {
    const name = encodeURIComponent(id);
    const one = await ask(`sessions/${name}`);
    const known = { id, began: clock(one.t_start_us), lasted: took(one.t_end_us - one.t_start_us), turns: one.turns };
    return [
      title(`Session of ${one.agent}`),
      facts({ ...known, calls: one.calls, directory: one.cwd, ...consumed(one) }),
      links(
        link("record", `sessions/${name}`),
        link("as training records", `export?format=sft&unit=session&id=${name}`),
        link("as a transcript", `export?format=markdown&unit=session&id=${name}`),
      ),
    ];
  },

  async turn(id) {
    const one = await ask(`turns/${id}`);
    const times = { lasted: took(one.t_end_us - one.t_start_us), "model time": took(one.model_us) };
    return [
      title(joined(`Turn ${one.n}`, one.agent, one.status.replace("_", " "))),
      facts({
        began: clock(one.t_start_us), ...times, "tool time": took(one.tool_us), idle: took(one.idle_us),
        calls: `${one.main_calls} of the main agent, ${one.calls.length} in all`, "tool calls": one.tools,
        models: one.models.join(", "), ...consumed(one), findings: one.findings.join(", "),
      }),
      links(
        link("record", `turns/${id}`),
        link("as training records", `export?format=sft&id=${id}`),
        link("as a transcript", `export?format=markdown&id=${id}`),
      ),
      head("Prompt"), made("pre", {}, one.prompt ?? ""), head("Answer"), made("pre", {}, one.answer ?? ""),
    ];
  },

  async finding(id, open) {
    const one = await ask(`findings/${id}`);
    const call = one.call ? to("call", one.call, "open the call", open) : null;
    return [
      title(`${SIGNS[one.severity]} ${one.code}`, one.severity === "error" ? "bad" : "warn"),
      made("p", {}, one.text),
      facts({ when: clock(one.t_us), about: `${one.scope} ${one.ref}`, packet: one.packet, call }),
    ];
  },

  async call(id, open) {
    const [one, talk, found] = await Promise.all([
      ask(`calls/${id}`),
      ask(`calls/${id}/conversation`, { last: MESSAGES }),
      ask("findings", { filter: `call.id == "${id}"` }),
    ]);
    const wrong = found.records.map((finding) => {
      const tone = finding.severity === "error" ? "bad" : "warn";
      return made("p", { class: tone }, `${SIGNS[finding.severity]} ${finding.code}: ${finding.text}`);
    });
    const nothing = made("p", { class: "dim" }, line(one.refusal) || "nothing was answered (yet)");
    const model = one.response_model ?? one.request_model ?? one.path;
    return [
      title(joined(`Call ${one.n}`, model, outcome(one)), failed(one) ? "bad" : null),
      timing(one), ...wrong, facts(told(one, open)),
      links(
        link("record", `calls/${id}`), link("request body", `calls/${id}/request`),
        link("response body", `calls/${id}/response`), link("events", `calls/${id}/events`),
        one.exchange && link("headers", `exchanges/${one.exchange}`),
        link("as a training record", `export?format=sft&unit=call&id=${id}`),
      ),
      head("Answer"), ...(talk.answer ? talk.answer.parts.map(part) : [nothing]),
      ...asked(talk), evidence(one),
    ];
  },
};

function to(kind, id, text, open) {
  const go = (event) => {
    event.preventDefault();
    open({ kind, id });
  };
  return made("a", { href: "#", on: { click: go } }, text);
}

function told(one, open) {
  const about = one.tokens_estimated ? "about " : "";
  const cached = `${short(one.cache_read_tokens ?? 0)} cached`;
  const out = short(one.output_tokens);
  const other = `asked for ${one.request_model}, answered by ${one.response_model}`;
  const process = one.process;
  return {
    asked: `${one.method} ${one.host ?? ""}${one.path}${one.status ? ` → ${one.status}` : ""}`,
    error: [one.error_type, one.error_message].filter(Boolean).join(": "),
    model: one.request_model === one.response_model || !one.response_model ? one.request_model : other,
    "served by": [one.provider, one.provider_reason].filter(Boolean).join(": "),
    agent: joined(one.agent, one.subagent, one.auxiliary),
    process: process && `${process.pid} ${process.comm ?? ""} ${process.exe ?? ""}`,
    over: joined(one.transport, one.tls, `${one.client} → ${one.server}`),
    tokens: one.input_tokens == null ? "" : `${about}${short(one.input_tokens)} in (${cached}), ${out} out`,
    cost: dollars(one.cost_usd),
    attempt: one.attempt > 1 ? to("call", one.retry_of, `${one.attempt}: open the one before`, open) : null,
    leg: one.leg_of ? to("call", one.leg_of, "open the call that it is a leg of", open) : null,
    lossy: one.lossy ? "the capture lost bytes of this call" : null,
    turn: one.turn ? to("turn", one.turn, "open the turn", open) : null,
  };
}

function asked(talk) {
  const shown = talk.count > talk.messages.length ? `the last ${talk.messages.length}, newest first` : "newest first";
  const parts = [head(joined("Request", many(talk.count, "message"), many(talk.tools.length, "tool"), shown))];
  if (talk.problem) parts.push(made("p", { class: "warn" }, talk.problem));
  for (const message of [...talk.messages].reverse()) {
    parts.push(made("div", { class: "message" }, made("b", {}, message.role), ...message.parts.map(part)));
  }
  if (talk.system.length) {
    const text = talk.system.map((one) => one.text).join("\n");
    parts.push(made("details", {}, made("summary", {}, "System prompt"), made("pre", {}, text)));
  }
  return parts;
}

function part(one) {
  const result = `${one.error ? "✗" : "←"} result ${one.name}`;
  const names = { thinking: "thinking", tool_call: `→ ${one.name}`, tool_result: result, text: "" };
  const name = names[one.kind] ?? one.wire;
  const value = one.kind === "tool_call" ? one.arguments : one.value;
  const text = one.hidden ? "(the wire does not show it)" : value ? JSON.stringify(value, null, 2) : one.text;
  const said = made("pre", { class: one.error ? "bad" : null }, text);
  if (one.kind === "thinking") return made("details", {}, made("summary", {}, name), said);
  return made("div", {}, name ? made("span", { class: "dim" }, name) : null, said);
}

// What of the call's time was sending, waiting for the first token, and streaming.
function timing(one) {
  if (one.e2e_us == null) {
    return made("p", { class: "dim" }, one.outcome === "in_progress" ? "under way" : "its end was not captured");
  }
  const sent = one.t_request_end_us - one.t_request_us;
  const waited = Math.max(0, one.ttft_us ?? one.e2e_us - sent);
  const rest = Math.max(0, one.e2e_us - sent - waited);
  const parts = [["send", "request", sent], ["wait", "to the first token", waited], ["stream", "streaming", rest]];
  const bar = made("div", { class: "bar" });
  for (const [name, , us] of parts) {
    const piece = made("i", { class: name });
    piece.style.width = `${(100 * us) / Math.max(1, one.e2e_us)}%`;
    bar.append(piece);
  }
  const silence = one.max_gap_us ? `longest silence ${took(one.max_gap_us)}` : "";
  const words = parts.flatMap(([name, word, us]) => [made("i", { class: `key ${name}` }), `${word} ${took(us)}   `]);
  return made("div", {}, bar, made("div", { class: "dim" }, ...words, joined(`in all ${took(one.e2e_us)}`, silence)));
}

function evidence(one) {
  const { request, response } = one.evidence;
  const answered = response ? `, answered in ${response.join(" to ")}` : "";
  const inside = made("div");
  const summary = made("summary", {}, `Evidence: packets ${request.join(" to ")}${answered}`);
  const element = made("details", {}, summary, inside);
  let after = null;
  async function page() {
    const found = await ask(`calls/${one.id}/packets`, after ? { after } : {});
    inside.querySelector("button")?.remove();
    inside.append(...found.records.map(packet));
    after = found.next;
    if (found.more) inside.append(made("button", { on: { click: page } }, "more"));
  }
  element.addEventListener("toggle", page, { once: true });
  return element;
}

function packet(one) {
  const words = `${one.number} ${one.side ? "←" : "→"} ${one.length} B · ${one.info}`;
  const element = made("details", {}, made("summary", {}, words));
  const show = async () => element.append(made("pre", {}, await dump(one.number)));
  element.addEventListener("toggle", show, { once: true });
  return element;
}

async function dump(number) {
  let held;
  try {
    held = await bytes(number);
  } catch (refused) {
    return refused.message;
  }
  const lines = [];
  for (let at = 0; at < held.length; at += 16) {
    const some = [...held.slice(at, at + 16)];
    const hex = some.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = some.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(5, "0")}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines.join("\n");
}
