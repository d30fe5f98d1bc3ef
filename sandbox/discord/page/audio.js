/** A small player for a song in a message. */
import { minutes } from "./clock.js";
import { address, el } from "./dom.js";

/** Bytes as Discord writes them. */
export function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(2)} MB`;
}

/** Play and pause, seek, times, and the file to keep. Starting one song stops the other. */
export function player(attachment) {
  const { filename, size, url } = attachment;
  const audio = el("audio", { preload: "metadata", src: address(url) });
  const toggle = el("button", { type: "button", class: "play", "aria-label": `Play ${filename}` });
  const seek = el("input", { type: "range", min: 0, max: attachment.duration_secs ?? 0, step: "any", value: 0, "aria-label": `Position in ${filename}` });
  const times = el("span", { class: "times" });
  const download = { class: "download", href: address(url), download: filename, "aria-label": `Download ${filename}, ${fileSize(size)}` };
  wire(audio, toggle, seek, times, filename);
  return el("div", { class: "audio", role: "group", "aria-label": `Song ${filename}` }, audio, toggle,
    el("div", { class: "track" },
      el("div", { class: "name" }, el("b", { title: filename }, filename), el("a", download, `↓ ${fileSize(size)}`)),
      el("div", { class: "line" }, seek, times)));
}

function wire(audio, toggle, seek, times, filename) {
  const show = () => {
    const length = Number.isFinite(audio.duration) ? audio.duration : Number(seek.max);
    seek.max = length;
    seek.value = audio.currentTime;
    seek.style.setProperty("--done", `${length ? (100 * audio.currentTime) / length : 0}%`);
    seek.setAttribute("aria-valuetext", `${minutes(audio.currentTime)} of ${minutes(length)}`);
    times.textContent = `${minutes(audio.currentTime)} / ${length ? minutes(length) : "–:––"}`;
    toggle.setAttribute("aria-label", `${audio.paused ? "Play" : "Pause"} ${filename}`);
    toggle.classList.toggle("playing", !audio.paused);
  };
  for (const name of ["loadedmetadata", "durationchange", "timeupdate", "play", "pause", "seeked"]) audio.addEventListener(name, show);
  audio.addEventListener("error", () => (times.textContent = "cannot be played"));
  toggle.addEventListener("click", () => (audio.paused ? audio.play().catch(() => (times.textContent = "cannot be played")) : audio.pause()));
  seek.addEventListener("input", () => (audio.currentTime = Number(seek.value)));
  show();
}

document.addEventListener("play", ({ target }) => {
  for (const other of document.querySelectorAll("audio")) if (other !== target) other.pause();
}, true);
