/**
 * Words in the reader's language. The page brings the catalog of its language (none for English); what is not in it is
 * said as it stands in the code. `{name}` is a place for a value. `make messages` finds these calls by their names.
 */
const catalog = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

export const language = document.documentElement.lang || "en";

const NUMBERS = new Intl.NumberFormat(language);

export function gettext(text, values) {
  return filled(catalog[text] ?? text, values);
}

/** The same words may mean two things: `context` says which. */
export function pgettext(context, text, values) {
  return filled(catalog[`${context}\u0004${text}`] ?? text, values);
}

/** `{count}` is filled by itself, written as numbers are in this language. */
export function ngettext(one, many, count, values) {
  const forms = catalog[one] ?? [one, many];
  return filled(forms[Math.min(count === 1 ? 0 : 1, forms.length - 1)], { count: number(count), ...values });
}

export function list(parts) {
  return parts.join(gettext(", "));
}

export function number(value) {
  return NUMBERS.format(value);
}

// In one pass: what a value holds is never read as a place again.
function filled(text, values = {}) {
  return text.replace(/\{(\w+)\}/gu, (place, name) => (name in values ? String(values[name]) : place));
}
