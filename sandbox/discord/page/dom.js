/** Builds page nodes. Data only ever becomes text or an attribute, never markup. */

/** An element; functions in `attributes` become listeners, empty values are left out, children are flattened. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child || child === 0));
  return node;
}

/**
 * Rebuilds `part` only when its data changed, so that a playing song and the focus survive an edit.
 * File links are signed anew each time they are told; their signatures do not count as a change.
 */
export function redraw(part, data, build) {
  const drawn = JSON.stringify(data ?? null).replace(/\?ex=[^"]*/g, "");
  if (part.drawn === drawn) return;
  const focus = part.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  part.drawn = drawn;
  part.replaceChildren(...[build(data)].flat(Infinity).filter(Boolean));
  part.hidden = !part.hasChildNodes();
  if (focus) part.querySelector(`[data-key="${CSS.escape(focus)}"]`)?.focus();
}

/** Runs `act` at Enter: not with Shift, and not while an input method is at work. */
export function onEnter(node, act) {
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    act();
  });
}

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/** A web address that is safe to use, or undefined; this server's own under another loopback name becomes the page's. */
export function address(text) {
  if (!text || !URL.canParse(text, location.href)) return undefined;
  const url = new URL(text, location.href);
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  if (LOOPBACK.includes(url.hostname) && url.port === location.port) return url.pathname + url.search;
  return url.href;
}

/** The address of a channel or message in Discord itself; `placeOf` reads it, and clicks on it stay on this page. */
export const messageLink = (guild, channel) => `https://discord.com/channels/${guild}/${channel}`;

/** The `[channel, message?]` that such an address leads to, else an empty list. */
export const placeOf = (url) => /^https:\/\/(?:\w+\.)?discord\.com\/channels\/(?:@me|\d+)\/(\d+)(?:\/(\d+))?$/.exec(url)?.slice(1) ?? [];

/** A link that opens beside the page, or plain text when the address is not one of the web. */
export function link(url, ...children) {
  const href = address(url);
  return href ? el("a", { href, target: "_blank", rel: "noopener noreferrer" }, children) : el("span", {}, children);
}

/** How Discord shows an emoji object; custom ones have no picture here. */
export const emojiText = (emoji) => (emoji ? (emoji.id ? `:${emoji.name}:` : emoji.name) : "");
