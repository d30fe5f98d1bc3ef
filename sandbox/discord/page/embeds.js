/** Embeds and attached files. */
import { fileSize, player } from "./audio.js";
import { stamp } from "./clock.js";
import { address, el, link } from "./dom.js";
import { inline, markdown } from "./markdown.js";

/** A picture that opens in full beside the page. */
export function picture(media, kind, alt) {
  const src = address(media?.proxy_url || media?.url);
  if (!src) return null;
  const image = el("img", { src, alt, width: media.width, height: media.height });
  image.addEventListener("error", () => image.replaceWith(el("span", { class: "missing" }, alt)));
  return el("a", { class: kind, href: src, target: "_blank", rel: "noopener noreferrer" }, image);
}

/** Discord's 24-bit colour as CSS. */
export const colour = (number) => `#${(number ?? 0).toString(16).padStart(6, "0")}`;

/** One embed card. */
export function embed(card) {
  const { author, fields = [], footer } = card;
  const node = el("section", { class: "embed", "aria-label": card.title ?? "Card" },
    picture(card.thumbnail, "thumbnail", "Thumbnail"),
    author && el("p", { class: "embed-author" }, author.url ? link(author.url, author.name) : author.name),
    card.title && el("h3", {}, card.url ? link(card.url, inline(card.title)) : inline(card.title)),
    card.description && el("div", { class: "prose" }, markdown(card.description)),
    fields.length > 0 && el("dl", {}, fields.map((field) => el("div", { class: field.inline && "inline" },
      el("dt", {}, inline(field.name)), el("dd", { class: "prose" }, markdown(field.value))))),
    picture(card.image, "image", "Picture"),
    (footer || card.timestamp) && el("footer", {}, footer?.text, footer && card.timestamp && " · ", card.timestamp && stamp(card.timestamp)));
  if (card.color) node.style.setProperty("--bar", colour(card.color));
  return node;
}

const AUDIO = /\.(mp3|m4a|wav|ogg|opus|flac)$/i;
const isKind = (file, kind) => file.content_type?.startsWith(`${kind}/`);

/** One attached file: a player, a picture, or a link to keep it. */
export function attachment(file) {
  if (isKind(file, "audio") || AUDIO.test(file.filename)) return player(file);
  const drawn = isKind(file, "image") && picture(file, "image", file.description ?? file.filename);
  if (drawn) return drawn;
  if (isKind(file, "video")) return el("video", { src: address(file.url), controls: true, preload: "metadata" });
  return fileRow(file);
}

/** A plain download row; all that Discord gives a file inside a Components V2 message, songs too. */
export function fileRow({ url, filename, size }) {
  const href = address(url);
  return el("a", { class: "file", href, download: filename }, el("b", {}, filename), el("span", {}, size ? `↓ ${fileSize(size)}` : "↓"));
}
