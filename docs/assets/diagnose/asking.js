// Asks the reader of logs, which works beside the page: one question at a time, and of those that wait the last.

const PATIENCE = 3000; // milliseconds that a new question leaves to the one before
const NOTICED = 1000; // milliseconds after which waiting is spoken of

export class Reader {
  /** A question that is out makes `live` busy; `slow` is called when it takes long, `heard` with each answer that still counts. */
  constructor(live, slow, heard) {
    Object.assign(this, { live, slow, heard });
  }

  ask(question) {
    this.question = question;
    this.send();
  }

  /** No question counts any more, neither one that is out nor one that waits. */
  forget() {
    this.question = this.asked = null;
  }

  /** The worker comes when somebody comes to the box; null where there is none, and the page itself reads. */
  hire() {
    if (this.worker !== undefined) return;
    try {
      if (location.protocol === "file:") throw Error("no worker");
      this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    } catch {
      this.worker = null;
      return;
    }
    this.worker.onmessage = ({ data }) => this.answered(data);
    this.worker.onerror = () => {
      this.worker = null;
      this.rest();
      this.question ??= this.asked;
      this.send();
    };
  }

  dismiss() {
    this.worker?.terminate();
    this.worker = undefined;
    this.rest();
  }

  rest() {
    this.live.dataset.busy = "";
    clearTimeout(this.noticed);
    clearTimeout(this.waiting);
  }

  async send() {
    if (!this.question) return;
    if (this.live.dataset.busy) return this.wait();
    const { question } = this;
    this.question = null;
    this.asked = question;
    this.sent = performance.now();
    this.live.dataset.busy = "true";
    this.noticed = setTimeout(this.slow, NOTICED);
    this.hire();
    if (this.worker) return this.worker.postMessage(question);
    const words = { unreadable: "The reader did not load. Copy your losses, go online and load the page again." };
    this.answered(await import("./worker.js").then((reader) => reader.answer(question), () => words));
  }

  /** A worker that is still at an old question, perhaps for ever, is replaced. */
  wait() {
    clearTimeout(this.waiting);
    const left = this.sent + PATIENCE - performance.now();
    if (left > 0) {
      this.waiting = setTimeout(() => this.send(), left);
    } else if (this.worker) {
      this.dismiss();
      this.send();
    }
  }

  answered(said) {
    this.rest();
    if (this.asked && !this.question) this.heard(said);
    this.send();
  }
}
