import { field } from "../lib/dom.js";
import { mayGrant } from "../models/grants.js";

/** The part of an approval card that allows more like it; it starts closed, and bound to all the same arguments. */
export function drawGrantWish(card, approval, { allowed }) {
  field(card, "grant").hidden = !allowed || !mayGrant(approval);
  const names = Object.keys(approval.args).filter((name) => !approval.own_words.includes(name));
  const list = field(card, "grant-args");
  if (list.dataset.names === names.join()) return;
  list.dataset.names = names.join();
  list.replaceChildren(...names.map(sameArgument));
}

/** What goes with the approval, or nothing. `args` is what is approved: the constraint holds their values. */
export function grantWish(form, args) {
  if (field(form, "grant").hidden || !form.elements.grant.checked) return null;
  const same = [...form.querySelectorAll('input[name="grant_same"]:checked')].map((box) => box.value);
  return {
    ttl_s: 60 * Number(form.elements.grant_minutes.value),
    max_uses: Number(form.elements.grant_uses.value),
    constraint: Object.fromEntries(same.map((name) => [name, args[name]])),
  };
}

export function listenToGrantWish(card) {
  const box = card.querySelector('input[name="grant"]');
  const unfold = () => {
    field(card, "grant-more").hidden = !box.checked;
  };
  box.addEventListener("change", unfold);
  unfold();   // it stands open for those without scripts
}

function sameArgument(name) {
  const label = document.createElement("label");
  const box = document.createElement("input");
  Object.assign(box, { type: "checkbox", name: "grant_same", value: name, checked: true });
  label.append(box, ` ${name}`);
  return label;
}
