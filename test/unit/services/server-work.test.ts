import { expect } from "chai";
import { pino } from "pino";
import { createBackgroundTasks } from "../../../src/background-tasks.ts";
import { endRetries, takeTurn, whenWorkFails, workBeside } from "../../../src/services/rds/server-work.ts";
import type { ServiceContext } from "../../../src/services/service-context.ts";
import { eventually } from "../../support/eventually.ts";

/** Of the context, what the turns of servers look at. */
function newContext() {
  const tasks = createBackgroundTasks(pino({ level: "silent" }));
  const ctx = { databases: {}, now: () => new Date(), background: tasks.run } as unknown as ServiceContext;
  return { ctx, settled: tasks.settled };
}

describe("rds work on servers", () => {
  const server = { id: "db-1", name: "a database" };
  const fails = async () => {
    throw new Error("The disk is full.");
  };

  it("that could not write down its end is taken up again, until that succeeds", async () => {
    const { ctx } = newContext();
    const resumed: string[] = [];
    whenWorkFails(ctx, async (id) => {
      resumed.push(id);
      if (resumed.length === 1) await fails();
    });
    takeTurn(ctx, server, fails);
    await eventually("it is taken up twice", () => resumed.length === 2);
    expect(resumed).to.deep.equal(["db-1", "db-1"]);
    endRetries(ctx);
  });

  it("is not taken up while something else is under way with the server", async () => {
    const { ctx, settled } = newContext();
    const order: string[] = [];
    whenWorkFails(ctx, async () => {
      order.push("resumed");
    });
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    takeTurn(ctx, server, fails);
    workBeside(ctx, server, async () => {
      await ended;
      order.push("ended");
    });
    setTimeout(end, 1500);
    await eventually("it is taken up", () => order.includes("resumed"));
    expect(order).to.deep.equal(["ended", "resumed"]);
    endRetries(ctx);
    await settled();
  });
});
