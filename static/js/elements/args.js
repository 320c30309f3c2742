import { setVisible } from "../lib/dom.js";

/** Arguments whole, one a line, as the JSON they are: nothing cut, nothing hidden. */
export function drawArgs(list, args) {
  list.replaceChildren(
    ...Object.entries(args).flatMap(([name, value]) => {
      const term = document.createElement("dt");
      const detail = document.createElement("dd");
      setVisible(term, name);
      setVisible(detail, JSON.stringify(value, null, value && typeof value === "object" ? 2 : undefined));
      return [term, detail];
    }),
  );
}

export function argsLine(args) {
  return Object.entries(args ?? {}).map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ");
}
