"use strict";
const lists = [...document.querySelectorAll("details.customer")];
const find = document.getElementById("find");

async function unpack(body) {
  const packed = body.dataset.packed;
  delete body.dataset.packed;
  try {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    body.innerHTML = await new Response(stream).text();
    ready(body);
  } catch {
    body.textContent = body.dataset.broken;
  }
}

// A list is scored again from the sums that each purchase adds: see switches.py for the formula.
function scores(data, on) {
  const kept = data.n[0].map((_, group) => group).filter((group) => on[group] ?? true);
  const sizes = data.n.map((part) => kept.reduce((sum, group) => sum + part[group], 0));
  return data.b[0].map((_, product) => {
    const situation = data.a && kept.some((group) => data.a[group][product]) ? 1 : 0;
    const sum = kept.reduce((sum, group) => sum + data.c[situation][group][product], 0);
    return (data.b[situation][product] + (kept.length ? sum * Math.pow(Math.max(sizes[situation * (data.f ? data.f[product] : 0)], 1e-12), -data.p) : 0)) / 1e5;
  });
}

function printed(score, decimals) {
  const whole = Math.round(Math.abs(score) * 10 ** decimals) / 10 ** decimals;
  const digits = whole.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return score < 0 && whole ? "\u2212" + digits : digits;
}

function ready(body) {
  const history = body.querySelector("[data-switches]");
  if (!history) return;
  const data = JSON.parse(history.dataset.switches);
  const boxes = [...history.querySelectorAll("input")];
  const list = body.querySelector(".list ol");
  const items = [...list.children];
  const words = document.getElementById("lists").dataset;
  const [button, told] = [history.querySelector("button"), history.querySelector("output")];
  const before = scores(data, boxes.map(() => true));

  function again() {
    const now = scores(data, boxes.map((box) => box.checked));
    const off = boxes.filter((box) => !box.checked).length;
    const order = items.map((_, product) => product).sort((one, other) => now[other] - now[one] || one - other);
    order.forEach((product, place) => {
      const item = items[product];
      const then = item.querySelector(".then");
      item.querySelector(".rank").textContent = off ? place + 1 : product + 1;
      then.hidden = !off;
      then.textContent = words.then
        .replace("###", product + 1)
        .replace("##", printed(before[product], data.d[product]))
        .replace("#", printed(now[product], data.d[product]));
    });
    list.append(...(off ? order.map((product) => items[product]) : items));
    button.disabled = !off;
    told.textContent = off === 0 ? "" : off === 1 ? words.offOne : words.offOther.replace("#", off);
  }

  boxes.forEach((box) => { box.hidden = false; });
  history.querySelectorAll(".ask").forEach((part) => { part.hidden = false; });
  history.addEventListener("change", again);
  button.addEventListener("click", () => {
    boxes[0].focus();
    boxes.forEach((box) => { box.checked = true; });
    again();
  });
}

for (const list of lists) {
  if (!list.querySelector(".body[data-packed]")) ready(list);
  list.addEventListener("toggle", () => {
    const body = list.querySelector(".body[data-packed]");
    if (list.open && body) unpack(body);
  });
}

if (find) {
  const found = document.getElementById("found");
  find.closest(".find").hidden = false;
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/);
    for (const list of lists) list.hidden = !words.every((word) => list.dataset.find.includes(word));
    const shown = lists.filter((list) => !list.hidden).length;
    found.textContent = shown === 1 ? found.dataset.one : found.dataset.other.replace("#", shown);
  });
}

const sort = document.getElementById("sort");
if (sort) {
  const told = (list) => (sort.value ? list.querySelector("summary " + sort.value).textContent : "");
  sort.addEventListener("change", () => {
    const place = new Map(lists.map((list, at) => [list, at]));
    const order = (one, other) =>
      told(one).localeCompare(told(other), document.documentElement.lang, { numeric: true }) || place.get(one) - place.get(other);
    document.getElementById("lists").append(...[...lists].sort(order));
  });
}
