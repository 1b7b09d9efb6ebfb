// What every page does: choose the theme, tell the time zone, copy, close menus, dismiss messages.
const root = document.documentElement;
const themes = ["system", "light", "dark"];

function showTheme() {
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    button.querySelector("span").textContent = `Theme: ${root.dataset.theme || "system"}`;
    button.hidden = false;
  }
}

function nextTheme() {
  root.dataset.theme = themes[(themes.indexOf(root.dataset.theme || "system") + 1) % themes.length];
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch { /* no storage: holds for this page */ }
  showTheme();
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch { // plain HTTP has no clipboard API
    const area = Object.assign(document.createElement("textarea"), { value: button.dataset.copy });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.dataset.copied = "";
  document.getElementById("said").textContent = "Copied";
  setTimeout(() => delete button.dataset.copied, 1500);
}

document.addEventListener("click", ({ target }) => {
  const on = (selector) => target.closest(selector);
  if (on("[data-theme-toggle]")) nextTheme();
  if (on("[data-copy]")) copy(on("[data-copy]"));
  if (on("[data-dismiss]")) on("[data-dismiss]").parentElement.remove();
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
});
// [data-keys] names the keys that press a control or enter a field, such as "gj"; j and k walk the rows, x ticks one.
let before = "";
document.addEventListener("keydown", (event) => {
  const { key, target } = event, open = document.querySelector("details.menu[open]");
  if (key === "Escape") open?.querySelector("summary").focus(), open?.removeAttribute("open");
  const typing = target.closest("input:not([type=checkbox]), select, textarea");
  if (typing || "noKeys" in root.dataset || event.ctrlKey || event.metaKey || event.altKey) return;
  const control = document.querySelector(`[data-keys~="${CSS.escape(before + key)}"]`);
  const rows = [...document.querySelectorAll("tbody tr[id]")], here = rows.indexOf(target.closest("tr"));
  const row = rows[key === "j" ? here + 1 : key === "k" ? Math.max(here - 1, 0) : -1];
  before = key === "g" ? key : "";
  if (control) event.preventDefault(), control[control.matches("input") ? "select" : "click"]();
  else if (row) row.querySelector("th a").focus();
  else if (key === "x") rows[here]?.querySelector(".tick")?.click();
});
showTheme();
// How many of the filters that are folded away are set.
const count = (more) => { more.querySelector(".count").textContent = more.querySelectorAll(":checked:not([value=''])").length || ""; };
document.querySelectorAll("[data-more]").forEach(count);
document.addEventListener("change", ({ target }) => target.closest("[data-more]") && count(target.closest("[data-more]")));
// What was ticked is dealt with once its operation is confirmed.
if (document.querySelector("[data-untick]"))
  for (const key of Object.keys(sessionStorage)) if (key.startsWith("ticks ")) sessionStorage.removeItem(key);
document.cookie = `zone=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=/;max-age=31536000;samesite=lax`;
