// The API, and what is held of it: the newest records of each kind, kept up to date by version.

const API = "/api/v1/";
export const MOST = { sessions: 100, turns: 300, calls: 1000, findings: 500 };
const NEWEST = { sessions: "-t_start_us", turns: "-t_start_us", calls: "-t_request_us", findings: "-t_us" };
const KINDS = Object.keys(MOST);

export const held = Object.fromEntries(KINDS.map((kind) => [kind, new Map()]));
export const more = {};
let version = 0;
let filter = "";

export class Refused extends Error {
  constructor(error) {
    super(error.message);
    this.error = error;
  }
}

export const address = (path) => API + path;

export async function ask(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  const answer = await fetch(API + path + (query ? "?" + query : ""));
  const said = await answer.json();
  if (!answer.ok) throw new Refused(said.error);
  return said;
}

export async function bytes(number) {
  const answer = await fetch(`${API}packets/${number}/bytes`);
  if (!answer.ok) throw new Refused((await answer.json()).error);
  return new Uint8Array(await answer.arrayBuffer());
}

// All lists anew, of what fits `wanted`. Nothing changes where that cannot be read.
export async function load(wanted = filter) {
  const fitting = wanted ? { filter: wanted } : {};
  const page = (kind) => ask(kind, { limit: MOST[kind], sort: NEWEST[kind], full: "no", ...fitting });
  const pages = await Promise.all(KINDS.map(page));
  KINDS.forEach((kind, at) => {
    held[kind] = new Map(pages[at].records.map((record) => [record.id, record]));
    more[kind] = pages[at].more;
  });
  version = Math.min(...pages.map((one) => one.version));
  filter = wanted;
}

// What changed since; answers the ids of calls among it.
export async function refresh() {
  if (filter) {
    await load(); // what no longer fits must go, too
    return [...held.calls.keys()];
  }
  const from = version;
  const page = (kind) => ask(kind, { since: from, limit: 1000, full: "no", sort: NEWEST[kind] });
  const pages = await Promise.all(KINDS.map(page));
  if (pages.some((one) => one.more)) {
    await load();
    return [...held.calls.keys()];
  }
  KINDS.forEach((kind, at) => {
    for (const record of pages[at].records) held[kind].set(record.id, record);
    for (const id of pages[at].gone) held[kind].delete(id);
  });
  version = Math.min(...pages.map((one) => one.version));
  return pages[KINDS.indexOf("calls")].records.map((call) => call.id);
}
