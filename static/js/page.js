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
  const next = themes[(themes.indexOf(root.dataset.theme || "system") + 1) % themes.length];
  if (next === "system") delete root.dataset.theme;
  else root.dataset.theme = next;
  try {
    if (next === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", next);
  } catch { /* no storage: holds for this page */ }
  showTheme();
// What was ticked is dealt with once its operation is confirmed.
if (document.querySelector("[data-untick]"))
  for (const key of Object.keys(sessionStorage)) if (key.startsWith("ticks ")) sessionStorage.removeItem(key);
}

async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch { // plain HTTP has no clipboard API
    const area = Object.assign(document.createElement("textarea"), { value: text });
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
document.addEventListener("keydown", ({ key }) => {
  const menu = key === "Escape" && document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
showTheme();
// What was ticked is dealt with once its operation is confirmed.
if (document.querySelector("[data-untick]"))
  for (const key of Object.keys(sessionStorage)) if (key.startsWith("ticks ")) sessionStorage.removeItem(key);
document.cookie = `zone=${Intl.DateTimeFormat().resolvedOptions().timeZone};path=/;max-age=31536000;samesite=lax`;
