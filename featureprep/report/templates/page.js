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

  // The tables behind a picture, made when they are asked for: [caption, [head, head...], cell, cell, cell...].
  const data = document.getElementById("figures");
  const figures = data ? JSON.parse(data.textContent) : {};
  const add = (parent, tag, text, more = {}) => parent.appendChild(Object.assign(document.createElement(tag), more, text === null ? {} : { textContent: text }));
  const fill = (details) => {
    for (const [caption, heads, ...cells] of figures[details.dataset.figures] ?? []) {
      const table = add(details, "table", null);
      add(table, "caption", caption);
      const head = add(add(table, "thead", null), "tr", null);
      heads.forEach((text, i) => add(head, "th", text, { scope: "col", className: i ? "n" : "" }));
      const body = add(table, "tbody", null);
      for (let i = 0; i < cells.length; i += heads.length) {
        const row = add(body, "tr", null);
        add(row, "th", cells[i], { scope: "row" });
        for (const cell of cells.slice(i + 1, i + heads.length)) add(row, "td", cell, { className: "n" });
      }
    }
  };
  for (const details of all("[data-figures]")) {
    details.hidden = false;
    details.addEventListener("toggle", () => fill(details), { once: true });
  }

  // Search: what has a [data-find] is shown where its .key texts have every word; lists with no match say so by being hidden.
  // Filters: of what has a [data-kind], only those are shown whose data-* (the filter's data-by) has the word that is chosen.
  const box = document.getElementById("find");
  const said = document.getElementById("found");
  if (!box) return;
  const items = all("[data-find]").map((element) => [element, all(".key", element).map((key) => key.textContent).join(" ").toLowerCase()]);
  const lists = all("[data-list]");
  const rests = all("details.rest");
  const filters = all("[data-by]");
  const kept = (element) => element.dataset.kind === undefined || filters.every((by) => !by.value || element.dataset[by.dataset.by].split(" ").includes(by.value));
  const counted = document.querySelector("[data-filters] [role=status]");
  let opened = [];
  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const filtered = filters.some((by) => by.value);
    const narrowed = filtered || words.length > 0;
    let hits = 0;
    for (const [element, text] of items) {
      const hit = words.every((word) => text.includes(word)) && kept(element);
      element.hidden = !hit;
      hits += hit;
    }
    for (const list of lists) list.hidden = (words.length > 0 || (filtered && !list.querySelector("[data-filters]"))) && !list.querySelector("[data-find]:not([hidden])");
    for (const rest of rests) {
      if (narrowed && !rest.open && rest.querySelector("[data-find]:not([hidden])")) { rest.open = true; opened.push(rest); }
    }
    if (!narrowed) { for (const rest of opened) rest.open = false; opened = []; }
    root.classList.toggle("searching", words.length > 0);
    said.textContent = words.length ? `${hits.toLocaleString("en")} of ${items.length.toLocaleString("en")} entries match` : "";
    if (counted) {
      const of = items.filter(([element]) => element.dataset.kind !== undefined);
      counted.textContent = narrowed ? `${of.filter(([element]) => !element.hidden).length.toLocaleString("en")} of ${of.length.toLocaleString("en")} columns` : "";
    }
  };
  let waiting = 0;
  box.addEventListener("input", () => { cancelAnimationFrame(waiting); waiting = requestAnimationFrame(search); });
  box.closest(".find").hidden = items.length === 0;
  for (const by of filters) { by.closest("[data-filters]").hidden = false; by.addEventListener("change", search); }
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); box.focus(); box.select(); }
    if (event.key === "Escape" && event.target === box) { box.value = ""; search(); box.blur(); }
  });

  // A link into a closed or filtered place opens it.
  const reveal = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (!target) return;
    if (target.hidden) { box.value = ""; for (const by of filters) by.value = ""; search(); }
    for (let at = target.parentElement; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (filters.some((by) => by.value)) search();  // a page that is shown again keeps what was chosen
  reveal();
})();
