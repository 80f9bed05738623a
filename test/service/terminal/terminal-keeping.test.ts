import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import pino from "pino";
import WebSocket from "ws";
import { createApp } from "../../../src/app.ts";
import { loadConfig } from "../../../src/config.ts";
import type { App } from "../../../src/http/app.ts";
import { TerminalSockets } from "../../../src/http/terminal-socket.ts";
import { listenForUpgrades } from "../../../src/http/upgrade.ts";
import { machineSpec } from "../../runtime/runtimes.ts";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";

/** Milliseconds, where LocalAWS itself takes 30 and 60 seconds. */
const ping = 500;
const keep = 3000;

describe("terminal whose client is gone", () => {
  requires("namespaces");
  let dataDir: string;
  let app: App;
  let terminals: TerminalSockets;
  let server: Server;
  const { id } = machineSpec();

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-terminal-"));
    app = await createApp(loadConfig({ runtime: "embedded", dataDir }, {}), pino({ level: "silent" }));
    await app.serviceContext.machines.launch(machineSpec({ id }));
    terminals = new TerminalSockets(app, { ping, keep });
    server = createServer().listen(0, "127.0.0.1");
    listenForUpgrades(server, (req, socket, head) => void terminals.upgrade(req, socket, head));
    await once(server, "listening");
  });
  after(async () => {
    await terminals?.close();
    server?.close();
    await app?.serviceContext.machines.removeAll();
    await app?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function connect(options: { session?: string; autoPong?: boolean } = {}) {
    const path = `/ec2/instances/${id}/console`;
    const { ticket } = app.tickets.issue(path);
    const session = options.session === undefined ? "" : `&session=${options.session}`;
    const { port } = server.address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}?ticket=${ticket}${session}`, {
      autoPong: options.autoPong ?? true,
    });
    const [data] = (await once(socket, "message")) as [Buffer];
    const message = JSON.parse(data.toString("utf8")) as { type: string; session: string };
    return { socket, message };
  }

  async function programs(): Promise<string> {
    return (await app.serviceContext.machines.exec(id, ["ps", "-ef"])).stdout;
  }

  it("drops a client that answers no ping, and keeps its terminal for the client that comes back", async () => {
    const silent = await connect({ autoPong: false });
    const [code] = (await once(silent.socket, "close")) as [number];
    expect(code).to.equal(1006);
    const { socket, message } = await connect({ session: silent.message.session });
    expect(message).to.include({ type: "ready", session: silent.message.session });
    socket.close(1000);
  });

  it("keeps a client that is idle and answers", async () => {
    const { socket } = await connect();
    let pings = 0;
    socket.on("ping", () => {
      pings++;
    });
    await eventually("many pings", () => pings >= 6);
    expect(socket.readyState).to.equal(WebSocket.OPEN);
    socket.close(1000);
  });

  it("keeps a client whose typing waits for a program that does not read", async () => {
    const { socket } = await connect();
    socket.send(Buffer.from("stty raw -echo; sleep 987\n"));
    await eventually("the program", async () => (await programs()).includes("sleep 987"));
    socket.send(Buffer.alloc(1_000_000, "x"));
    let pings = 0;
    socket.on("ping", () => {
      pings++;
    });
    await eventually("many pings", () => pings >= 6);
    expect(socket.readyState).to.equal(WebSocket.OPEN);
    socket.terminate();
  });

  it("hangs up when nobody comes back in time", async () => {
    const { socket, message } = await connect();
    socket.send(Buffer.from("sleep 876 & sleep 875\n"));
    await eventually("its programs", async () => (await programs()).match(/sleep 87/g)?.length === 2);
    socket.terminate();
    await eventually("their end", async () => !(await programs()).includes("sleep 87"));
    const late = await connect({ session: message.session });
    expect(late.message.type).to.equal("error");
  });
});
