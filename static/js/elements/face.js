import { useSymbol } from "../lib/dom.js";
import { faceOf } from "../models/faces.js";

/** Give a face (and the name beside it) to who speaks. */
export function drawFace(node, speaker) {
  const { face, symbol, initials } = faceOf(speaker);
  const box = node.querySelector(".face");
  box.dataset.face = face;
  if (initials !== undefined) {
    if (box.textContent !== initials) box.textContent = initials;
  } else if (box.querySelector("svg")) useSymbol(box.querySelector("svg"), symbol);
  const name = node.querySelector(".speaker");
  if (name) {
    name.dataset.face = face;
    if (name.textContent !== speaker.name) name.textContent = speaker.name;
  }
}
