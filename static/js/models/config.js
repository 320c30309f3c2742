/** A session's configuration as the composer's form says it: provider and model are one choice, a tab between them. */
export function toChoice(config) {
  return config.provider && config.model ? `${config.provider}\t${config.model}` : "";
}

export function fromChoice(choice) {
  const [provider, model] = choice.split("\t");
  return model ? { provider, model } : {};
}

export function wordsFor(config) {
  const numbers = [
    ["temperature", "temperature"],
    ["top_p", "top p"],
    ["max_tokens", "at most tokens"],
  ];
  const told = numbers.filter(([name]) => config[name] !== undefined).map(([name, word]) => `${word} ${config[name]}`);
  const model = config.model ? [`${config.model}${config.provider ? ` of ${config.provider}` : ""}`] : [];
  return [...model, ...told].join(" · ");
}
