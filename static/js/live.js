// Keeps the [data-live] part of a page fresh: the stream says what is stale, the page fetches that part again.
const slot = document.getElementById("live");
const part = document.querySelector("[data-live]");
const POLL = 30_000, SPREAD = 300, AGO = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
const words = { live: "Live", lost: "Connection lost, retrying", out: "Signed out: reload the page", paused: "Paused" };
let paused = sessionStorage.getItem("paused") === "1";
let streaming = false, reached = true, signedOut = false, dirty = false, busy = false, timer = 0, held = null;

// Nothing moves under somebody who opened a menu, nor from under an answer that htmx waits for.
const resting = () => paused || document.hidden || document.querySelector(":popover-open, [data-live] .htmx-request, [data-live] :is([type=search], textarea):focus");

function show() {
  const state = signedOut ? "out" : paused ? "paused" : streaming && reached ? "live" : "lost";
  const button = document.getElementById("live-pause");
  slot.dataset.state = state;
  document.getElementById("live-text").textContent = words[state];
  button.hidden = false;
  button.textContent = paused ? "Resume" : "Pause";
}

// What changed concerns this page: its job, or one of the projects its filter lets in.
function concerned(projects) {
  if (!projects) return true;
  if (part.dataset.job) {
    const jobs = projects[part.dataset.projects];
    return jobs === null || Boolean(jobs?.includes(Number(part.dataset.job)));
  }
  const chosen = part.dataset.projects?.split(" ") ?? new URLSearchParams(location.search).getAll("project").filter(Boolean);
  return chosen.length === 0 || chosen.some((project) => project in projects);
}

// Pages that hear the same signal ask at slightly different moments; paused and hidden ones rest.
function soon() {
  dirty = true;
  if (!timer && !resting()) timer = setTimeout(refresh, Math.random() * SPREAD);
}

async function refresh() {
  timer = 0;
  if (busy || resting()) return;
  [busy, dirty] = [true, false];
  const asked = location.href;
  try {
    const answer = await fetch(part.dataset.at ?? asked, { headers: { "HX-Request": "true" }, cache: "no-cache" });
    signedOut = answer.redirected;
    reached = answer.ok;
    const text = await answer.text();
    if (reached && !signedOut && asked === location.href && !resting()) take(text);
  } catch {
    reached = false;
  }
  busy = false;
  show();
  if (dirty) soon();
}

const rows = (root) => [...root.querySelectorAll("tbody tr[id]")];

function take(text) {
  const fresh = document.createElement("template");
  fresh.innerHTML = text;
  const badge = fresh.content.getElementById("open-attention");
  if (badge) document.getElementById(badge.id).replaceWith(badge);
  const known = new Set(rows(part).map((row) => row.id));
  const added = rows(fresh.content).filter((row) => !known.has(row.id)).length;
  // Somebody reads further down, marks text or ticks: known rows change in place, new ones wait to be asked for.
  const marked = getSelection();
  const ticked = part.querySelector(".tick:checked");
  const occupied = scrollY > 250 || ticked || (!marked.isCollapsed && part.contains(marked.anchorNode));
  if (!occupied || !known.size || !added) return swap(fresh.content);
  for (const row of rows(fresh.content)) {
    const old = document.getElementById(row.id);
    if (old && !old.isEqualNode(row)) old.replaceWith(row.cloneNode(true));
  }
  htmx.process(part);
  held = fresh.content;
  const button = document.getElementById("waiting") || document.body.appendChild(document.createElement("button"));
  Object.assign(button, { id: "waiting", type: "button", className: "button primary" });
  button.textContent = `${added} new ${added === 1 ? "job" : "jobs"}: show`;
}

function swap(content) {
  const focused = part.contains(document.activeElement) ? place(document.activeElement) : null;
  const open = [...part.querySelectorAll("details[id][open]")].map((fold) => fold.id);
  const boxes = () => [...part.querySelectorAll("[tabindex]")];
  const scrolled = boxes().map((box) => [box.scrollLeft, box.scrollTop]);
  part.replaceChildren(content);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  boxes().forEach((box, i) => scrolled[i] && box.scrollTo(...scrolled[i]));
  if (focused) part.querySelector(focused)?.focus({ preventScroll: true });
  document.getElementById("waiting")?.remove();
  held = null;
  htmx.process(part);
  tick();
}

// Where the focus was, so that it can return to the same link of the same row.
function place(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const row = element.closest("tr[id]");
  const link = element.getAttribute("href");
  return link && `${row ? `#${CSS.escape(row.id)} ` : ""}a[href="${CSS.escape(link)}"]`;
}

function tick() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const past = Math.trunc((Date.now() - Date.parse(time.dateTime)) / 1000);
    const [size, unit] = AGO.find(([seconds]) => Math.abs(past) >= seconds) || [1, "s"];
    const amount = `${Math.floor(Math.abs(past) / size)} ${unit}`;
    const text = past > 0 ? `${amount} ago` : past < 0 ? `in ${amount}` : "now";
    if (time.textContent !== text) time.textContent = text;
  }
}

function hear(message) {
  if (!("live" in message)) return concerned(message.projects) && soon();
  // What was said while the connection was away is not repeated, so look once.
  if (message.live && !streaming) soon();
  streaming = message.live;
  show();
}

function follow() {
  const { stream, worker } = slot.dataset;
  const port = "SharedWorker" in window ? new SharedWorker(worker, "stream").port : new Worker(worker);
  port.onmessage = ({ data }) => hear(data);
  port.postMessage({ follow: stream });
  addEventListener("pagehide", () => port.postMessage({ leave: true }));
  addEventListener("pageshow", ({ persisted }) => persisted && port.postMessage({ follow: stream }));
}

document.addEventListener("visibilitychange", soon);
document.addEventListener("htmx:afterRequest", () => dirty && soon());
document.addEventListener("toggle", ({ target }) => target.popover && soon(), true);
document.addEventListener("click", ({ target }) => {
  if (target.id === "live-pause") {
    paused = !paused;
    sessionStorage.setItem("paused", paused ? "1" : "0");
    show();
    soon();
  } else if (target.id === "waiting" && held) {
    scrollTo(0, 0);
    swap(held);
  }
});
setInterval(tick, 1000), setInterval(soon, POLL);
tick();
follow();
