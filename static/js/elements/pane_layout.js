const KEY = "warroom.panes";
const LIMITS = { left: [224, 520], right: [320, 640] };
const STEP_PX = 24;

/** Panes with movable borders, remembered; one at a time, by tabs, where there is no room for three. */
class PaneLayout extends HTMLElement {
  connectedCallback() {
    this.widths = { left: 304, right: 384, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
    for (const splitter of this.querySelectorAll(".splitter")) {
      this.wire(splitter);
      this.resize(splitter.dataset.side, this.widths[splitter.dataset.side]);
    }
    this.tabs = [...document.querySelectorAll(".room-tabs [data-pane]")];
    for (const tab of this.tabs) tab.addEventListener("click", () => this.show(tab.dataset.pane));
  }

  show(pane) {
    this.dataset.shown = pane;
    for (const tab of this.tabs) tab.setAttribute("aria-pressed", String(tab.dataset.pane === pane));
  }

  wire(splitter) {
    const { side } = splitter.dataset;
    const [least, most] = LIMITS[side];
    splitter.setAttribute("aria-valuemin", least);
    splitter.setAttribute("aria-valuemax", most);
    splitter.addEventListener("pointerdown", (event) => this.drag(event, splitter, side));
    splitter.addEventListener("keydown", (event) => this.nudge(event, side));
  }

  drag(event, splitter, side) {
    const [from, width, sign] = [event.clientX, this.widths[side], side === "left" ? 1 : -1];
    const move = (moved) => this.resize(side, width + sign * (moved.clientX - from));
    splitter.setPointerCapture(event.pointerId);
    splitter.toggleAttribute("data-dragging", true);
    splitter.addEventListener("pointermove", move);
    splitter.addEventListener("lostpointercapture", () => {
      splitter.removeEventListener("pointermove", move);
      splitter.toggleAttribute("data-dragging", false);
    }, { once: true });
  }

  nudge(event, side) {
    const towards = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!towards) return;
    event.preventDefault();
    this.resize(side, this.widths[side] + towards * STEP_PX * (side === "left" ? 1 : -1));
  }

  resize(side, width) {
    const [least, most] = LIMITS[side];
    this.widths[side] = Math.round(Math.min(most, Math.max(least, width)));
    this.style.setProperty(`--${side}`, `${this.widths[side]}px`);
    this.querySelector(`.splitter[data-side="${side}"]`).setAttribute("aria-valuenow", this.widths[side]);
    localStorage.setItem(KEY, JSON.stringify(this.widths));
  }
}

export function define() {
  customElements.define("pane-layout", PaneLayout);
}
