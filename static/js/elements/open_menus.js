/** Menus are `details`: open without a script. With one, a press elsewhere or Esc closes them, as everybody expects. */
const OPEN = "details[data-menu][open]";

export function define() {
  document.addEventListener("pointerdown", ({ target }) => {
    for (const menu of document.querySelectorAll(OPEN)) if (!menu.contains(target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.(OPEN);
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
