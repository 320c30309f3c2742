/** Drawing: templates the server rendered, filled with text. HTML enters the page here only: `setHtml`, `parseItems`. */
import { pieces } from "./escapes.js";

/** `html` comes from the server's renderer (`sessions_app/markdown.py`), which has sanitised it. Never pass anything else. */
export function setHtml(node, html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  node.replaceChildren(...parsed.body.childNodes);
}

/** List items as the server's templates rendered them (`incidents/_rows.html`), ready to stand in this page. */
export function parseItems(html) {
  const parsed = new DOMParser().parseFromString(`<ol>${html}</ol>`, "text/html");
  return [...parsed.querySelectorAll("li")].map((item) => document.importNode(item, true));
}

/** `importNode`, since a clone within the template's own inert document would leave custom elements asleep. */
export function clone(templateId) {
  return document.importNode(document.getElementById(templateId).content.firstElementChild, true);
}

export function field(node, name) {
  return node.matches(`[data-field="${name}"]`) ? node : node.querySelector(`[data-field="${name}"]`);
}

/** Write text into fields; what is empty is hidden, so that a template never shows a hollow label. */
export function fill(node, values) {
  for (const [name, value] of Object.entries(values)) {
    const target = field(node, name);
    if (!target) continue;
    const text = value === null || value === undefined ? "" : String(value);
    if (target.textContent !== text) target.textContent = text;
    target.hidden = text === "";
  }
  return node;
}

export function setVisible(node, text) {
  node.replaceChildren(...pieces(text).map((piece) => (piece.hidden ? marked(piece.text) : document.createTextNode(piece.text))));
}

/** [{text, hit}]: what was looked for, marked in the text around it. */
export function setMarked(node, found) {
  node.replaceChildren(...found.map(({ text, hit }) => {
    const piece = document.createElement(hit ? "mark" : "span");
    setVisible(piece, text);
    return piece;
  }));
}

function marked(text) {
  const mark = document.createElement("mark");
  mark.className = "escape";
  mark.textContent = text;
  return mark;
}

export function toggleAttribute(node, name, value) {
  if (value === null || value === undefined || value === false || value === "") node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value === true ? "" : String(value));
}

/** Make the children of `list` match `items` by key: nodes that stay are kept (with their focus, open state and scroll). */
export function reconcile(list, items, { key, create, update }) {
  const kept = new Map([...list.children].filter((node) => node.dataset.key).map((node) => [node.dataset.key, node]));
  let cursor = list.firstElementChild;
  for (const item of items) {
    const name = key(item);
    let node = kept.get(name);
    kept.delete(name);
    if (!node) {
      node = create(item);
      node.dataset.key = name;
    }
    if (node === cursor) cursor = cursor.nextElementSibling;
    else list.insertBefore(node, cursor);
    update(node, item);
  }
  for (const node of kept.values()) node.remove();
  while (cursor) {
    const next = cursor.nextElementSibling;
    if (!cursor.dataset.key) cursor.remove();
    cursor = next;
  }
}

export function useSymbol(svg, name) {
  const use = svg.querySelector("use");
  if (use.getAttribute("href") !== `#i-${name}`) use.setAttribute("href", `#i-${name}`);
}
