/** Where a client stands in one room's log: the rules of `seq`, apart from any socket. */
export class Position {
  constructor({ epoch = null, seq = 0 } = {}) {
    this.epoch = epoch;
    this.seq = seq;
  }

  /** What to do with an event: it is old, it is the next, or something between is missing. */
  judge(seq) {
    if (seq <= this.seq) return "old";
    return seq === this.seq + 1 ? "next" : "gap";
  }

  moveTo(seq) {
    this.seq = seq;
  }

  reset(epoch, seq) {
    this.epoch = epoch;
    this.seq = seq;
  }

  subscribeFrame(room) {
    return this.epoch === null ? { t: "sub", room } : { t: "sub", room, epoch: this.epoch, after: this.seq };
  }
}
