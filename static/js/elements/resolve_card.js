/** Shown when the crew has reported and works no more, until a person settles the incident. Its form needs no script. */
class ResolveCard extends HTMLElement {
  connect({ room, reported }) {
    const draw = () => {
      const { incident, runs } = room.value;
      const settled = !incident || incident.status === "resolved" || incident.status === "closed";
      const ready = reported.value || "reported" in this.dataset;
      this.hidden = settled || !ready || runs.some((run) => run.mode === "crew");
    };
    room.subscribe(draw);
    reported.subscribe(draw);
  }
}

export function define() {
  customElements.define("resolve-card", ResolveCard);
}
