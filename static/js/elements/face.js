import { toggleAttribute, useSymbol } from "../lib/dom.js";

/** Give a face (and the name beside it) to who speaks. */
export function drawFace(node, speaker, faces) {
  const face = faces.of(speaker);
  drawBox(node.querySelector(".face"), face);
  const name = node.querySelector(".speaker");
  if (!name) return;
  toggleAttribute(name, "data-color", face.color);
  if (name.textContent !== speaker.name) name.textContent = speaker.name;
}

function drawBox(box, { kind, color, text, symbol }) {
  box.dataset.face = kind;
  toggleAttribute(box, "data-color", color);
  const [svg, letters] = box.children;
  svg.toggleAttribute("hidden", !symbol);
  letters.hidden = Boolean(symbol);
  if (symbol) useSymbol(svg, symbol);
  else if (letters.textContent !== text) letters.textContent = text;
}
