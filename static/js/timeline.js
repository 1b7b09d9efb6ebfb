// The card of the bar under the pointer or the focus; arrow keys go from bar to bar.
const card = document.getElementById("card"), bars = () => [...document.querySelectorAll(".bars a")];

function show({ target, type }) {
  if (card.contains(target)) return;
  const bar = type !== "focusout" && target.closest?.(".bars a");
  card.hidden = !bar;
  if (!bar) return;
  card.textContent = bar.getAttribute("aria-label");
  const { left, bottom, top } = bar.getBoundingClientRect();
  card.style.left = `${Math.max(8, Math.min(left, innerWidth - card.offsetWidth - 8))}px`;
  card.style.top = `${bottom + 6 + card.offsetHeight < innerHeight ? bottom + 6 : top - card.offsetHeight - 6}px`;
}

for (const type of ["pointerover", "focusin", "focusout"]) document.addEventListener(type, show);
document.addEventListener("keydown", ({ key, target }) => {
  if (key === "Escape") card.hidden = true;
  const at = bars().indexOf(target), step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  if (step && at >= 0) bars()[at + step]?.focus();
});
