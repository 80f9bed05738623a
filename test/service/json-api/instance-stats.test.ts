import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { follow } from "./follow.ts";
import { type JsonApi, startJsonApi } from "./json-api.ts";

interface Stats {
  readonly time: string;
  readonly cpu_seconds: number | null;
  readonly memory_bytes: number | null;
}

async function launch(api: JsonApi): Promise<string> {
  const { body } = await api.send("POST", "/ec2/instances", { json: { ami: "alpine:latest" } });
  const id = body.id ?? "";
  await eventually("it runs", async () => (await api.send("GET", `/ec2/instances/${id}`)).body.state === "running");
  return id;
}

describe("json-api GET /ec2/instances/{id}/stats/events", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  it("says that there is nothing to tell of a record, and ends when LocalAWS stops", async () => {
    const own = await startJsonApi();
    try {
      const feed = await follow(own, `/ec2/instances/${await launch(own)}/stats/events`);
      expect(feed.answer.headers.get("content-type")).to.equal("text/event-stream");
      expect((await feed.seen("stats")).data).to.include({ cpu_seconds: null, memory_bytes: null });
      await own.stop();
      await eventually("the stream has ended", feed.hasEnded);
      expect(feed.events).to.have.lengthOf(1);
    } finally {
      await own.stop().catch(() => undefined);
    }
  });

  it("takes a ticket for this instance alone", async () => {
    const path = `/ec2/instances/${await launch(api)}/stats/events`;
    const ticket = async (json: { path: string }) => (await api.send("POST", "/auth/ticket", { json })).body.ticket;
    const own = await follow(api, `${path}?ticket=${await ticket({ path })}`, {});
    expect(own.answer.status).to.equal(200);
    await own.close();
    const other = await ticket({ path: "/ec2/instances/i-0123456789abcdef0/stats/events" });
    expect((await follow(api, `${path}?ticket=${other}`, {})).answer.status).to.equal(401);
    expect((await follow(api, path, {})).answer.status).to.equal(401);
  });

  it("refuses an instance that is not there with 404", async () => {
    const { status, body } = await api.send("GET", "/ec2/instances/i-0123456789abcdef0/stats/events");
    expect(status).to.equal(404);
    expect(body.code).to.equal("InvalidInstanceID.NotFound");
  });
});

describe("json-api GET /ec2/instances/{id}/stats/events of a machine", function () {
  this.timeout(180_000);
  requires("namespaces");
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi({ runtime: "embedded" });
  });
  after(async () => {
    await api.aws.server.reset();
    await api.stop();
  });

  it("tells again and again what it uses", async () => {
    const feed = await follow(api, `/ec2/instances/${await launch(api)}/stats/events`);
    try {
      const [first, second] = await eventually(
        "two readings",
        () => {
          const told = feed.events.map(({ data }) => data as unknown as Stats).filter((stats) => stats.cpu_seconds);
          return told.length >= 2 && told;
        },
        30_000,
      );
      expect(Date.parse(second?.time ?? "")).to.be.above(Date.parse(first?.time ?? ""));
      expect(second?.cpu_seconds).to.be.at.least(first?.cpu_seconds ?? Number.NaN);
      expect(second?.memory_bytes).to.be.above(4096);
    } finally {
      await feed.close();
    }
  });
});
