/** What a search found, as it is shown: kinds apart, pieces that are hit and pieces that are not. */
const ORDER = ["incident", "session", "message"];

export function grouped(hits) {
  return ORDER.map((kind) => ({ kind, hits: hits.filter((hit) => hit.kind === kind) })).filter((group) => group.hits.length);
}

/** Marks count code points, and JavaScript's strings do not. */
export function pieces(text, marks) {
  const points = [...text];
  const found = [];
  let last = 0;
  for (const [start, end] of marks) {
    found.push({ text: points.slice(last, start).join(""), hit: false }, { text: points.slice(start, end).join(""), hit: true });
    last = end;
  }
  found.push({ text: points.slice(last).join(""), hit: false });
  return found.filter((piece) => piece.text);
}
