/** Text a person decides on hides nothing: control, zero-width, bidi and ANSI characters are shown as escapes. */
const CONTROL = "\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f";
const INVISIBLE = "\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164";
const SELECTORS = "\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\u{e0000}-\\u{e0fff}";
// A lone surrogate is a code point of its own under the `u` flag; a pair is not.
const HIDDEN = new RegExp(`[${CONTROL}${INVISIBLE}${SELECTORS}\\ud800-\\udfff]`, "gu");

export function escapeOf(character) {
  const code = character.codePointAt(0);
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** [{text, hidden}]: what is between the escapes, and the escapes themselves, in order. */
export function pieces(text) {
  const found = [];
  let last = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > last) found.push({ text: text.slice(last, match.index), hidden: false });
    found.push({ text: escapeOf(match[0]), hidden: true });
    last = match.index + match[0].length;
  }
  if (last < text.length) found.push({ text: text.slice(last), hidden: false });
  return found;
}

/** JSON that hides nothing and still means the same: what a person edits must not carry what they can't see. */
export function visibleJson(value) {
  const units = (character) => [...Array(character.length).keys()].map((at) => character.charCodeAt(at));
  const written = (character) => units(character).map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
  return JSON.stringify(value, null, 2).replace(HIDDEN, written);
}

export function visible(text) {
  return pieces(String(text)).map((piece) => piece.text).join("");
}
