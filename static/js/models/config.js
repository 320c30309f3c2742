/** A session's configuration as the composer's form says it: provider and model are one choice, a tab between them. */
import { gettext } from "../lib/words.js";

export function toChoice(config) {
  return config.provider && config.model ? `${config.provider}\t${config.model}` : "";
}

export function fromChoice(choice) {
  const [provider, model] = choice.split("\t");
  return model ? { provider, model } : {};
}

export function wordsFor(config) {
  const numbers = [
    ["temperature", gettext("temperature")],
    ["top_p", gettext("top p")],
    ["max_tokens", gettext("at most tokens")],
  ];
  const told = numbers.filter(([name]) => config[name] !== undefined).map(([name, word]) => `${word} ${config[name]}`);
  return [...(config.model ? [modelOf(config)] : []), ...told].join(" · ");
}

/** A provider of one model is often called like it: then one name says both. */
function modelOf({ model, provider }) {
  return provider && provider !== model ? gettext("{model} of {provider}", { model, provider }) : model;
}
