// Ticks of the list, kept for this tab while its filter stays: through refreshes and pages. Shift ticks a range.
const form = document.getElementById("selection");
const field = () => form.querySelector("#ticked");
const boxes = () => [...form.querySelectorAll("tbody .tick")];
const key = () => `ticks ${field()?.dataset.filter}`;
const kept = () => new Set((sessionStorage[key()] || "").match(/\w+/g));
let last = "";

function show(ticked = kept()) {
  if (!field()) return;
  for (const box of form.querySelectorAll(".tick")) box.checked = ticked.has(box.value);
  const page = form.querySelector("#tick-page"), count = form.querySelector("#ticked-count");
  if (page) page.checked = boxes().every((box) => box.checked);
  if (count.textContent !== `${ticked.size}`) count.textContent = ticked.size;
  field().value = sessionStorage[key()] = [...ticked].join();
}

form.addEventListener("click", ({ target, shiftKey }) => {
  if (!target.matches(".tick, #tick-page")) return;
  const ticked = kept(), rows = boxes(), ids = rows.map(({ id }) => id);
  const [first, end] = [ids.indexOf(last), ids.indexOf(target.id)].sort((a, b) => a - b);
  const range = target.id === "tick-page" ? rows : shiftKey && first >= 0 ? rows.slice(first, end + 1) : [target];
  for (const { value } of range) ticked[target.checked ? "add" : "delete"](value);
  last = target.id;
  show(ticked);
});
form.addEventListener("reset", () => setTimeout(show, 0, new Set()));
new MutationObserver(() => show()).observe(form, { childList: true, subtree: true });
show();
