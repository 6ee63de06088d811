"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Theme: the system's until the button is used; remembered where the browser lets a page remember.
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const remembered = () => { try { return localStorage.getItem("featureprep-theme"); } catch { return null; } };
  const dark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const show = () => button.setAttribute("aria-pressed", String(dark()));
  if (["light", "dark"].includes(remembered())) root.dataset.theme = remembered();
  show();
  system.addEventListener("change", show);
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try { localStorage.setItem("featureprep-theme", root.dataset.theme); } catch { /* a page of a file may not */ }
    show();
  });
  button.hidden = false;

  // The tables behind a picture, made when they are asked for: [caption, head, head, cell, cell, cell...].
  const data = document.getElementById("figures");
  const figures = data ? JSON.parse(data.textContent) : {};
  const add = (parent, tag, text, more = {}) => parent.appendChild(Object.assign(document.createElement(tag), more, text === null ? {} : { textContent: text }));
  const fill = (details) => {
    for (const [caption, first, second, ...cells] of figures[details.dataset.figures] ?? []) {
      const table = add(details, "table", null);
      add(table, "caption", caption);
      const head = add(add(table, "thead", null), "tr", null);
      add(head, "th", first, { scope: "col" });
      add(head, "th", second, { scope: "col", className: "n" });
      const body = add(table, "tbody", null);
      for (let i = 0; i < cells.length; i += 2) {
        const row = add(body, "tr", null);
        add(row, "th", cells[i], { scope: "row" });
        add(row, "td", cells[i + 1], { className: "n" });
      }
    }
  };
  for (const details of all("[data-figures]")) {
    details.hidden = false;
    details.addEventListener("toggle", () => fill(details), { once: true });
  }

  // Search: what has a [data-find] is shown where its .key texts have every word; lists with no match say so by being hidden.
  const box = document.getElementById("find");
  const said = document.getElementById("found");
  if (!box) return;
  const items = all("[data-find]").map((element) => [element, all(".key", element).map((key) => key.textContent).join(" ").toLowerCase()]);
  const lists = all("[data-list]");
  const rests = all("details.rest");
  let opened = [];
  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let hits = 0;
    for (const [element, text] of items) {
      const hit = words.every((word) => text.includes(word));
      element.hidden = !hit;
      hits += hit;
    }
    for (const list of lists) list.hidden = words.length > 0 && !list.querySelector("[data-find]:not([hidden])");
    for (const rest of rests) {
      if (words.length && !rest.open && rest.querySelector("[data-find]:not([hidden])")) { rest.open = true; opened.push(rest); }
    }
    if (!words.length) { for (const rest of opened) rest.open = false; opened = []; }
    root.classList.toggle("searching", words.length > 0);
    said.textContent = words.length ? `${hits.toLocaleString("en")} of ${items.length.toLocaleString("en")} entries match` : "";
  };
  let waiting = 0;
  box.addEventListener("input", () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(search); });
  box.closest(".find").hidden = items.length === 0;
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); box.focus(); box.select(); }
    if (event.key === "Escape" && event.target === box) { box.value = ""; search(); box.blur(); }
  });

  // A link into a closed or filtered place opens it.
  const reveal = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target) return;
    if (target.hidden) { box.value = ""; search(); }
    for (let at = target.parentElement; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
