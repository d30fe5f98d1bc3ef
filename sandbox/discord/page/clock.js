/** The sandbox's clock, which may run ahead of this machine's, and the times shown by it. */
import { el } from "./dom.js";

let aheadMs = 0;

/** Takes the sandbox's time as the page's. */
export function setClock(nowMs) { aheadMs = nowMs - Date.now(); }

const now = () => Date.now() + aheadMs;
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const STYLES = {
  t: { timeStyle: "short" }, d: { dateStyle: "short" }, f: { dateStyle: "long", timeStyle: "short" }, s: { dateStyle: "short", timeStyle: "short" },
  T: { timeStyle: "medium" }, D: { dateStyle: "long" }, F: { dateStyle: "full", timeStyle: "short" }, S: { dateStyle: "short", timeStyle: "medium" },
};

function spoken(ms, style) {
  if (style !== "R") return new Date(ms).toLocaleString("en", STYLES[style] ?? STYLES.f);
  const seconds = Math.round((ms - now()) / 1000);
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS.at(-1);
  return relative.format(Math.trunc(seconds / size), unit);
}

/** A time in one of Discord's styles; style R keeps counting while it is on the page. */
export function time(ms, style) {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return el("span", {}, "unknown time");
  const title = date.toLocaleString("en", STYLES.F);
  return el("time", { datetime: date.toISOString(), title, "data-ms": ms, "data-style": style }, spoken(ms, style));
}

/** The time of a message: only the hour for one of today. */
export function stamp(iso) {
  const ms = Date.parse(iso);
  const today = new Date(ms).toDateString() === new Date(now()).toDateString();
  return time(ms, today ? "t" : "s");
}

/** Seconds as 3:07. */
export function minutes(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Keeps the relative times on the page true. */
export function startTicking() {
  setInterval(() => {
    for (const node of document.querySelectorAll('time[data-style="R"]')) {
      const text = spoken(Number(node.dataset.ms), "R");
      if (node.textContent !== text) node.textContent = text;
    }
  }, 1000);
}
