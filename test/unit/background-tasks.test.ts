import { expect } from "chai";
import { pino } from "pino";
import { createBackgroundTasks } from "../../src/background-tasks.ts";

describe("background tasks", () => {
  it("are named in the log by who waits for them", async () => {
    const lines: string[] = [];
    const { run, settled } = createBackgroundTasks(pino({}, { write: (line: string) => lines.push(line) }));
    expect(await settled()).to.equal(false);
    expect(lines).to.deep.equal([]);
    let end = () => {};
    run("rds create slow-one", () => new Promise((resolve) => (end = resolve)));
    const waited = settled();
    expect(lines).to.have.length(1);
    expect(JSON.parse(lines[0] ?? "")).to.deep.include({ tasks: ["rds create slow-one"] });
    end();
    expect(await waited).to.equal(true);
  });
});
