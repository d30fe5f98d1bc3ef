/** What the bot did last: its REST calls and the frames of its gateway, newest first, read anew while someone looks. */
import { call, tried } from "./api.js";
import { time } from "./clock.js";
import { el, redraw } from "./dom.js";

const KEPT = 60;
const PAUSE_MS = 1500;
const OPS = { 0: "event", 1: "heartbeat", 2: "identify", 6: "resume", 7: "reconnect", 9: "invalid session", 10: "hello", 11: "heartbeat ack" };

const rows = new Map();
const problem = el("p", { class: "problem", role: "status", hidden: true });
const list = el("div", { class: "ledger" });

/** The list with its choice of what to show; `looking()` tells whether to go on reading. */
export function ledger(looking) {
  const show = el("select", { "aria-label": "Show", change: () => (list.dataset.show = show.value) },
    [["all", "Calls and gateway"], ["call", "Calls"], ["frame", "Gateway"]].map(([value, label]) => el("option", { value }, label)));
  const step = async () => {
    if (looking() && !document.hidden) await read();
    setTimeout(step, PAUSE_MS);
  };
  step();
  return [show, problem, list];
}

async function read() {
  const refused = ({ message }) => ((problem.textContent = message), null);
  const found = await tried(() => call("GET", `/ledger?limit=${KEPT}`), refused);
  problem.hidden = Boolean(found);
  if (found) draw([...found.requests.slice(-KEPT).map(ofCall), ...(found.gateway ?? []).map(ofFrame)]);
}

const ofCall = ({ at_ms: at, method, path, status, json, files }) => (
  { at, kind: "call", word: method, what: path.replace(/\d{14,}(\d{4})/g, "…$1"), result: status ?? "…", failed: status >= 400, data: files?.length ? { json, files } : json });

const ofFrame = ({ at_ms: at, direction, op, t, s, d }) => (
  { at, kind: "frame", word: direction === "sent" ? "→ bot" : "bot →", what: t ?? OPS[op] ?? `op ${op}`, result: s ?? "", data: d });

/** Rows that stay are left alone, so that an opened one stays open. */
function draw(entries) {
  const kept = new Set();
  for (const entry of entries.sort((a, b) => a.at - b.at)) {
    let key = `${entry.at} ${entry.word} ${entry.what}`;
    while (kept.has(key)) key += "+";
    kept.add(key);
    if (!rows.has(key)) {
      rows.set(key, el("details", { class: entry.kind }));
      list.prepend(rows.get(key));
    }
    redraw(rows.get(key), entry, row);
  }
  for (const [key, node] of rows) if (!kept.has(key)) (node.remove(), rows.delete(key));
}

const row = ({ at, word, what, result, failed, data }) => [
  el("summary", {}, time(at, "T"), el("b", {}, word), el("span", { class: "what" }, what), el("span", { class: failed && "problem" }, result)),
  el("pre", { tabindex: "0" }, JSON.stringify(data ?? null, null, 2)),
];
