/** Full jitter: a server that comes back is not met by everybody in the same second. */
const BASE_MS = 1000;
const CAP_MS = 30000;

export function fullJitter(attempt, random = Math.random) {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 10));
  return Math.round(random() * ceiling);
}
