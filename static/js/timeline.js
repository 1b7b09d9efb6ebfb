// The card of the bar under the pointer or the focus, and arrow keys from bar to bar.
const card = document.getElementById("card");
const bar = ({ target }) => target.closest?.(".bars a");

function show(event) {
  if (card.contains(event.target)) return;
  const over = bar(event);
  card.hidden = !over;
  if (!over) return;
  card.textContent = over.getAttribute("aria-label");
  const { left, bottom, top } = over.getBoundingClientRect();
  const [x, y] = [innerWidth - card.offsetWidth - 8, bottom + 6];
  card.style.left = `${Math.max(8, Math.min(left, x))}px`;
  card.style.top = `${y + card.offsetHeight < innerHeight ? y : top - card.offsetHeight - 6}px`;
}

for (const type of ["pointerover", "focusin"]) document.addEventListener(type, show);
document.addEventListener("focusout", () => { card.hidden = true; });
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") card.hidden = true;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], from = bar(event);
  const bars = step && from ? [...document.querySelectorAll(".bars a")] : [];
  bars[bars.indexOf(from) + step]?.focus();
});
