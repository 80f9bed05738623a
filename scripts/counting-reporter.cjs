// CommonJS, since mocha requires a reporter before it has any loader.
const { appendFileSync } = require("node:fs");
const { reporters } = require("mocha");

/** Mocha's own `spec`, which also adds the line `N passed, N failed, N skipped` to the file of the reporter option `counts`. */
module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once("end", () => {
      const { passes, failures, pending } = this.stats;
      appendFileSync(options.reporterOptions.counts, `${passes} passed, ${failures} failed, ${pending} skipped\n`);
    });
  }
};
