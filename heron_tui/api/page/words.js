// Figures and records in words, and elements. All that comes from the wire is put in as text, never as markup.

export const SIGNS = { error: "✗", warning: "⚠", note: "·", chat: "·" };
const OUTCOMES = { ok: "✓", in_progress: "…", unknown: "?" };

export const clock = (us) => new Date(us / 1000).toLocaleTimeString([], { hour12: false });

export function took(us) {
  if (us == null) return "";
  if (us < 1e6) return `${Math.round(us / 1000)} ms`;
  return us < 6e7 ? `${(us / 1e6).toFixed(1)} s` : `${(us / 6e7).toFixed(1)} min`;
}

export function short(n) {
  if (n == null) return "";
  if (n < 1000) return String(n);
  return n < 1e6 ? `${(n / 1000).toFixed(1)}k` : `${(n / 1e6).toFixed(1)}M`;
}

export const many = (n, word) => `${short(n)} ${word}${n === 1 ? "" : "s"}`;
export const joined = (...parts) => parts.filter(Boolean).join(" · ");
export const line = (text) => (text ?? "").replace(/\s+/g, " ").trim();
export const dollars = (usd) => (usd == null ? "" : `$${usd.toFixed(4)}, estimated`);
export const failed = (call) => !(call.outcome in OUTCOMES);

export function outcome(call) {
  const sign = OUTCOMES[call.outcome] ?? "✗";
  if (call.outcome === "ok") return `${sign} ${call.finish ?? ""}`;
  if (!failed(call)) return `${sign} ${call.outcome.replace("_", " ")}`;
  const status = call.status && call.status !== 200 ? ` ${call.status}` : "";
  return `${sign} ${call.error_type || call.outcome}${status}`;
}

export function made(tag, attributes = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (value != null && value !== false) element.setAttribute(name, value);
  }
  element.append(...inside.filter((one) => one != null));
  return element;
}

// Names with what is known of them; what is empty is left out.
export function facts(known) {
  const told = Object.entries(known).filter(([, value]) => value != null && value !== "");
  const pair = ([name, value]) => [made("dt", {}, name), made("dd", {}, value instanceof Node ? value : String(value))];
  return made("dl", {}, ...told.flatMap(pair));
}
