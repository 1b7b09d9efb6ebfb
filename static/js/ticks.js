// Ticks of the list, kept for this tab while its filter stays: through refreshes and pages. Shift ticks a range.
const form = document.getElementById("selection");
const boxes = () => [...form.querySelectorAll("tbody .tick")];
const key = () => `ticks ${form.elements.filter?.value}`;
let last = "";

function show(ticked = new Set((sessionStorage[key()] || "").match(/\w+/g))) {
  const { jobs, page, count } = form.elements;
  if (!jobs) return ticked;
  for (const box of form.querySelectorAll(".tick")) box.checked = ticked.has(box.value);
  page.checked = boxes().every((box) => box.checked);
  if (count.value !== `${ticked.size}`) count.value = ticked.size;
  jobs.value = sessionStorage[key()] = [...ticked].join();
  return ticked;
}

form.addEventListener("click", ({ target, shiftKey }) => {
  if (!target.matches(".tick, [name=page]")) return;
  const on = target.checked, ticked = show(), rows = boxes(), ids = rows.map(({ id }) => id);
  const [first, end] = [ids.indexOf(last), ids.indexOf(target.id)].sort((a, b) => a - b);
  const range = target.name === "page" ? rows : shiftKey && first >= 0 ? rows.slice(first, end + 1) : [target];
  for (const { value } of range) ticked[on ? "add" : "delete"](value);
  last = target.id;
  show(ticked);
});
form.addEventListener("reset", () => setTimeout(show, 0, new Set()));
new MutationObserver(() => show()).observe(form, { childList: true, subtree: true });
show();
