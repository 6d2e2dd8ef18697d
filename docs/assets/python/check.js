// Below an exercise, and where a lab looks back: a button that checks what its reader has made of the program.

import { Bar, show } from "./run.js";

export class Check extends Bar {
  constructor(block) {
    super(block, block.dataset.check);
    const { edit } = block.dataset;
    if (edit) this.run.before(this.press(`Edit ${edit}`, () => this.lead(edit)));
  }

  /** To the section that is to be changed, open for typing. */
  async lead(section) {
    const runner = await show(this.block_of(section));
    runner.open().focus();
    runner.block.scrollIntoView({ block: "center" });
  }

  block_of(section) {
    return document.querySelector(`[data-run="${this.program}:${section}"]`);
  }

  /** What the check needs, and nothing of its own: the check itself comes after it, unseen. */
  sections() {
    const { after } = this.block.dataset;
    return [...super.sections(after ? this.block_of(after) : this.block), [this.name, ""]];
  }
}
