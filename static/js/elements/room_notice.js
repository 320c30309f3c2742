/** Says what was refused, where everybody looks, until it is read. */
class RoomNotice extends HTMLElement {
  connect({ trouble }) {
    this.text = this.querySelector('[data-field="text"]');
    this.querySelector("button").addEventListener("click", () => trouble.set(""));
    trouble.subscribe((text) => {
      this.text.textContent = text;
      this.hidden = text === "";
    });
  }
}

export function define() {
  customElements.define("room-notice", RoomNotice);
}
