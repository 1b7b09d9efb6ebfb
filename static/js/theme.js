// Before the first paint: the theme this browser chose, else the system's.
try {
  const kept = localStorage.getItem("theme");
  if (kept) document.documentElement.dataset.theme = kept;
} catch { /* no storage: the system's theme */ }
