// CommonJS, since mocha requires a reporter before it has any loader.
const { appendFileSync } = require("node:fs");
const { relative } = require("node:path");
const { reporters } = require("mocha");

/** Milliseconds in which the process is to end after its last test. */
const grace = 60_000;

/**
 * Mocha's own `spec`, which also adds the line `N passed, N failed, N skipped` to the file of the reporter option `counts`, each
 * failure to that of `failures`, and ends a process that something holds open after its last test: a failed test may have closed
 * less than it opened.
 */
module.exports = class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.on("fail", (test, error) => {
      const where = test.file ? `${relative(process.cwd(), test.file)}: ` : "";
      appendFileSync(
        options.reporterOptions.failures,
        `${where}${test.fullTitle()}\n${error.stack ?? error.message}\n\n`,
      );
    });
    runner.once("end", () => {
      const { passes, failures, pending } = this.stats;
      appendFileSync(options.reporterOptions.counts, `${passes} passed, ${failures} failed, ${pending} skipped\n`);
      setTimeout(() => {
        console.error(`Held open after the last test by ${process.getActiveResourcesInfo().join(", ")}.`);
        // With mocha's own exit code.
        process.exit();
      }, grace).unref();
    });
  }
};
