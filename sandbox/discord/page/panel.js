/** The side panel of whoever runs this Discord: what the bot did, and what can be done to it. */
import { call, tried } from "./api.js";
import { el, redraw } from "./dom.js";
import { ledger } from "./ledger.js";
import { deed, lever, outcome } from "./levers.js";
import { state } from "./state.js";

const MIB = 1 << 20;
const LOCALES = ["en-US", "de", "es-ES", "fr", "it", "pt-BR", "pl", "ru", "ja", "ko", "zh-CN", "zh-TW"].map((code) => [code, code]);
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"].map((name) => [name, name]);
const PERMISSIONS = ["VIEW_CHANNEL", "SEND_MESSAGES", "SEND_MESSAGES_IN_THREADS", "CREATE_PUBLIC_THREADS", "ATTACH_FILES", "EMBED_LINKS",
  "READ_MESSAGE_HISTORY", "USE_APPLICATION_COMMANDS", "MANAGE_MESSAGES", "MANAGE_THREADS", "PIN_MESSAGES", "ADMINISTRATOR"].map((name) => [name, name]);

const root = document.getElementById("panel");
const behind = document.getElementById("behind");
const sections = [];
let studio = null;

/** Fills the panel; its button opens and closes it, and the address remembers which. */
export function fillPanel() {
  const shut = () => (state.go({ panel: null }), behind.focus());
  const close = el("button", { type: "button", class: "icon", "aria-label": "Close the panel", click: shut }, "✕");
  const body = el("div", { class: "levers" },
    section("The bot", () => [state.world.bot_online, state.world.bot_process], bot),
    section("What it did", () => null, () => ledger(() => !root.hidden)),
    section("This place", () => state.channel(state.place.thread ?? state.place.channel), here),
    section("This Discord", () => [state.world.settings, state.world.me], discord),
    section("A fault to come", () => null, fault),
    section("The studio", () => studio, music));
  root.append(el("header", {}, el("div", {}, el("h2", {}, "Behind the scenes")), close), body, outcome);
  root.addEventListener("keydown", (event) => event.key === "Escape" && shut());
  behind.addEventListener("click", () => state.go({ panel: root.hidden ? "open" : null }));
  for (const name of ["place", "world"]) state.addEventListener(name, draw);
}

/** A part of the panel, drawn anew whenever what `data()` gives has changed. */
function section(title, data, build) {
  const part = el("div");
  sections.push(() => redraw(part, data(), build));
  return el("details", { open: true }, el("summary", {}, el("h3", {}, title)), part);
}

function draw() {
  const open = Boolean(state.place.panel);
  if (open && root.hidden) readStudio();
  root.hidden = !open;
  document.body.classList.toggle("panel-open", open);
  behind.setAttribute("aria-expanded", String(open));
  if (open) for (const each of sections) each();
}

async function readStudio() {
  studio = await tried(() => call("GET", "/studio/settings"), ({ message }) => ({ missing: message }));
  draw();
}

function bot([online, process]) {
  const act = (action) => async () => (await call("POST", "/bot", { action }), state.refresh());
  const gateway = (action) => () => call("POST", "/gateway", { action });
  const keeper = process ? `its process is ${process}` : "its process is kept by nobody here";
  return [
    el("p", {}, `${online ? "Online" : "Offline"}; ${keeper}.`),
    process && el("div", { class: "row" }, process === "running" ? [deed("Restart", act("restart")), deed("Kill", act("kill"), 4)] : deed("Start", act("start"), 1)),
    el("div", { class: "row" }, deed("Reconnect", gateway("reconnect")), deed("Lose the session", gateway("invalid_session")), deed("Drop the socket", gateway("drop"))),
  ];
}

function here(channel) {
  if (!channel) return el("p", {}, "No place is open.");
  const { id, thread_metadata: thread } = channel;
  const change = (patch) => () => call("PATCH", `/channels/${id}`, patch);
  const people = [["bot", "the bot"], ...state.people.map((member) => [member.id, member.display_name])];
  const where = [[state.isThread(channel) ? channel.parent_id : id, "in this channel"], [undefined, "in the whole server"]];
  const permit = ({ rule, names, ...rest }) => call("PUT", "/permissions", { ...rest, [rule]: names });
  const pin = thread && [
    thread.locked ? deed("Unlock", change({ locked: false })) : deed("Lock", change({ locked: true })),
    thread.archived ? deed("Bring back", change({ archived: false })) : deed("Archive", change({ archived: true })),
  ];
  return [
    el("p", {}, state.nameOf(channel)),
    channel.type !== 1 && el("div", { class: "row" }, pin, deed("Delete", () => call("DELETE", `/channels/${id}`), 4)),
    channel.type !== 1 && lever("Set permissions", [
      ["member", "Of", people, "bot"], ["channel", "Where", where, where[0][0]], ["rule", "Rule", [["deny", "deny"], ["allow", "allow"]]], ["names", "Which", PERMISSIONS, []],
    ], permit),
  ];
}

function discord([settings, me]) {
  const tiers = [0, 1, 2, 3].map((tier) => [tier, `${tier}`]);
  const limits = async ({ mib, ...rest }) => (await call("PATCH", "/settings", { ...rest, upload_limit: Math.round(mib * MIB) }), state.refresh());
  const speak = async (body) => (await call("PATCH", `/members/${me.id}`, body), state.refresh());
  return [
    lever("Set limits", [["mib", "Upload limit, MiB", "number", settings.upload_limit / MIB], ["boost_tier", "Boost tier", tiers, settings.boost_tier],
      ["guild_locale", "Server's language", LOCALES, settings.guild_locale]], limits),
    lever("Set language", [["locale", `Language of ${me.display_name}`, LOCALES, me.locale ?? "en-US"]], speak),
    lever("Put the clock forward", [["minutes", "Minutes", "number", 60]], ({ minutes = 0 }) => call("POST", "/time", { advance_ms: Math.round(minutes * 60_000) })),
  ];
}

function fault() {
  const resets = [[undefined, "no"], ["before", "before it took effect"], ["after", "after it took effect"]];
  const script = async ({ method, path, nth = 1, ...rest }) => {
    if (nth > 1) await call("POST", "/faults", { method, path, times: nth - 1 }); // one without any effect lets those before go by
    await call("POST", "/faults", { method, path, ...rest });
  };
  return lever("Script the fault", [
    ["method", "Method", METHODS, "POST"], ["path", "Path (regular expression)", "text", "/channels/\\d+/messages$"], ["nth", "From which call on", "number", 1],
    ["times", "For how many calls", "number", 1], ["status", "Answer with status", "number", 503], ["reset", "Break the connection", resets], ["delay_ms", "Delay, ms", "number"],
  ], script);
}

function music(settings) {
  if (!settings || settings.missing) return el("p", {}, settings?.missing ?? "Asking the studio …");
  const canned = [[false, "composes each song"], [true, "plays one prepared recording"]];
  return [
    lever("Set the studio", [["generation_ms", "Time for a song, ms", "number", settings.generation_ms], ["canned", "It", canned, settings.canned]],
      async (body) => (await call("PATCH", "/studio/settings", body), readStudio())),
    lever("Let the next fail", [["error", "Why", "text", "The song could not be made."], ["times", "How many", "number", 1]],
      (body) => call("POST", "/studio/outcomes", { ...body, outcome: "failed" })),
  ];
}
