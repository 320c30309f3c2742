/** A count before the tab's title and on its icon: what waits is seen among twenty tabs. */
const SIZE = 64;
const MOST = 99;
const RED = "#b3132b";
const HEXAGON = "M32 5 57 19v26L32 59 7 45V19z";
const title = document.title;
const icon = document.querySelector('link[rel="icon"]');
const plain = icon?.href;
let shown = 0;

export function showCount(count) {
  if (count === shown) return;
  shown = count;
  document.title = count ? `(${count}) ${title}` : title;
  if (icon) icon.href = count ? drawn(Math.min(count, MOST)) : plain;
}

function drawn(count) {
  const canvas = Object.assign(document.createElement("canvas"), { width: SIZE, height: SIZE });
  const pen = canvas.getContext("2d");
  pen.fillStyle = RED;
  pen.fill(new Path2D(HEXAGON));
  Object.assign(pen, { fillStyle: "#fff", font: `bold ${count > 9 ? 32 : 40}px sans-serif`, textAlign: "center", textBaseline: "middle" });
  pen.fillText(String(count), SIZE / 2, SIZE / 2 + 3);
  return canvas.toDataURL();
}
