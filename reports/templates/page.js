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
  } catch {
    body.textContent = body.dataset.broken;
  }
}

for (const list of lists) {
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
