/** What the composer offers for what stands before the caret: {from, entries}, or null. `from` is where the word begins. */
import { gettext } from "../lib/words.js";

const ADDRESS = /(?:^|\s)(@[^\s@]*(?: [^\s@]*)?)$/u;
const COMMAND = /^\/([a-z]*)$/u;
const ARGUMENT = /^\/([a-z]+) ([a-z]*)$/u;
const SHOWN = 8;
const NOT_HERE = gettext("not available on this server");

export function offered(before, { names, commands, asksPrivately }) {
  const [, word] = before.match(ADDRESS) ?? [];
  if (word) return found(addresses(names, asksPrivately), word, before);
  if (COMMAND.test(before)) return found(commands.map(told), before, before);
  const [, name, value] = before.match(ARGUMENT) ?? [];
  const command = name && commands.find((one) => one.name === name);
  return command?.values ? found(command.values().map(([code, about]) => ({ name: code, about, off: "" })), value, before) : null;
}

function addresses(names, asksPrivately) {
  const own = { name: "@AI", about: gettext("Ask in private: neither the room nor its agents see it"), off: asksPrivately ? "" : NOT_HERE };
  const people = names.map((name) => ({ name: `@${name}`, about: gettext("Call somebody here"), off: "" }));
  const teams = [
    ["@team", gettext("Several agents share a task")],
    ["@board", gettext("Several agents weigh a question")],
    ["@skill", gettext("An agent works by a skill")],
  ];
  return [own, ...people, ...teams.map(([name, about]) => ({ name, about, off: NOT_HERE }))];
}

function told({ name, hint, about, off }) {
  return { name: `/${name}`, hint, about, off };
}

function found(entries, word, before) {
  const begins = entries.filter((entry) => entry.name.toLowerCase().startsWith(word.toLowerCase()));
  const done = begins.length === 1 && begins[0].name === word;
  return begins.length && !done ? { from: before.length - word.length, entries: begins.slice(0, SHOWN) } : null;
}
