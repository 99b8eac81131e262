"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const by = (id) => document.getElementById(id);
  const map = by("map"), ring = by("ring"), tip = by("tip"), detail = by("detail");
  const body = document.querySelector("#table tbody");
  const rows = new Map([...body.rows].map((row) => [row.dataset.id, row]));
  const shapes = new Map(map ? [...map.querySelectorAll(".market")].map((s) => [s.dataset.id, s]) : []);
  let shown = new Set(rows.keys()), chosen = null;

  const element = (name, text, parent) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  };

  // ---- colors
  const colour = (measure) => {
    const index = data.classes.findIndex((c) => c.measure === measure);
    for (const shape of shapes.values()) {
      const found = +shape.dataset.class.split(" ")[index];
      shape.style.setProperty("--c", found < 0 ? "url(#unknown)" : data.ramp[found]);
    }
    const legend = by("legend");
    legend.replaceChildren();
    data.classes[index].legend.forEach(([position, words]) => {
      const item = element("li", "", legend);
      element("i", "", item).style.background = data.ramp[position];
      item.append(words);
    });
  };

  // ---- one market
  const choose = (id, move) => {
    if (chosen && rows.get(chosen)) rows.get(chosen).removeAttribute("aria-current");
    if (chosen && shapes.get(chosen)) shapes.get(chosen).setAttribute("aria-selected", "false");
    chosen = id;
    rows.get(id).setAttribute("aria-current", "true");
    const shape = shapes.get(id);
    if (shape) {
      shape.setAttribute("aria-selected", "true");
      map.setAttribute("aria-activedescendant", shape.id);
      ring.setAttribute("d", shape.getAttribute("d"));
    }
    const market = data.markets[id];
    detail.replaceChildren();
    element("h2", market.name, detail);
    element("p", market.line, detail).className = "help";
    const list = element("dl", "", detail);
    for (const [term, words, more] of market.facts) {
      element("dt", term, list);
      const said = element("dd", words, list);
      if (more) element("small", more, said);
    }
    if (move) rows.get(id).scrollIntoView({ block: "center" });
  };

  // ---- the map: hover, click, arrow keys
  if (map) {
    const point = (event) => {
      const id = event.target.dataset && event.target.dataset.id;
      if (!id) { tip.hidden = true; return; }
      const market = data.markets[id];
      tip.replaceChildren();
      element("b", market.name, tip);
      tip.append(market.tip);
      tip.hidden = false;
      const box = map.parentElement.getBoundingClientRect();
      const x = event.clientX - box.left, y = event.clientY - box.top;
      tip.style.left = `${Math.min(x + 14, box.width - tip.offsetWidth)}px`;
      tip.style.top = `${Math.max(0, y - tip.offsetHeight - 10)}px`;
    };
    map.addEventListener("pointermove", point);
    map.addEventListener("pointerleave", () => { tip.hidden = true; });
    map.addEventListener("click", (event) => {
      if (event.target.dataset.id) choose(event.target.dataset.id);
    });
    const towards = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    map.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && chosen) {
        event.preventDefault();
        rows.get(chosen).hidden = false;
        rows.get(chosen).scrollIntoView({ block: "center" });
        rows.get(chosen).querySelector(".pick").focus();
        return;
      }
      if (!(event.key in towards)) return;
      event.preventDefault();
      if (!chosen || !shapes.has(chosen)) { choose(data.order.find((id) => shapes.has(id) && shown.has(id))); return; }
      const [dx, dy] = towards[event.key], from = shapes.get(chosen).dataset;
      let best = null, least = Infinity;
      for (const [id, shape] of shapes) {
        const x = shape.dataset.x - from.x, y = shape.dataset.y - from.y;
        const ahead = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
        const cost = ahead + 2 * aside;
        if (id !== chosen && shown.has(id) && ahead > 0 && aside <= 2 * ahead && cost < least) { best = id; least = cost; }
      }
      if (best) choose(best);
    });
    map.addEventListener("focus", () => { if (!chosen && data.order.some((id) => shapes.has(id))) choose(data.order.find((id) => shapes.has(id))); });
    document.querySelectorAll("[name=measure]").forEach((radio) => radio.addEventListener("change", () => colour(radio.value)));
    colour(data.classes[0].measure);
  }

  // ---- the table: pick, sort, filter
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row) choose(row.dataset.id);
    if (event.target.closest(".pick")) detail.scrollIntoView({ block: "nearest" });
  });
  document.querySelectorAll("[data-pick]").forEach((button) =>
    button.addEventListener("click", () => { choose(button.dataset.pick); detail.scrollIntoView({ block: "nearest" }); }));
  document.querySelectorAll("#table thead button").forEach((button) => button.addEventListener("click", () => {
    const head = button.closest("th"), key = button.dataset.key;
    const up = head.getAttribute("aria-sort") !== "ascending";
    document.querySelectorAll("#table thead th").forEach((th) => th.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const value = (row) => data.markets[row.dataset.id].sort[key];
    const compare = (a, b) => {
      const x = value(a), y = value(b);
      if (x === null || y === null) return (x === null) - (y === null); // not known: always last
      const order = typeof x === "number" ? x - y : x.localeCompare(y);
      return up ? order : -order;
    };
    body.append(...[...rows.values()].sort(compare));
  }));
  const filter = () => {
    const find = by("find").value.trim().toLowerCase();
    shown = new Set();
    for (const [id, row] of rows) {
      const market = data.markets[id], keys = market.sort;
      const fits = (!find || market.name.toLowerCase().includes(find) || id.toLowerCase() === find) &&
        ["region", "group", "level"].every((key) => !by(key).value || keys[key] === by(key).value);
      row.hidden = !fits;
      if (fits) shown.add(id);
      if (shapes.has(id)) shapes.get(id).classList.toggle("out", !fits);
    }
    by("count").value = `${shown.size} of ${rows.size} markets`;
  };
  by("controls").addEventListener("input", filter);
  by("controls").addEventListener("reset", () => setTimeout(filter));
  by("controls").addEventListener("submit", (event) => event.preventDefault());
})();
