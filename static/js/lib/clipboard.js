/** Browsers let a page copy only over HTTPS or on this machine, and may ask; say whether it was done. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
