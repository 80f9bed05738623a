import { createHash, randomBytes } from "node:crypto";
import { expect } from "chai";
import type { MachineDriver } from "../../src/runtime/machine-driver.ts";
import type { Terminal, TerminalOptions } from "../../src/runtime/terminal.ts";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { rejection } from "./rejection.ts";
import { machineSpec, type OpenRuntime, openRuntime, runtimes, uniqueId } from "./runtimes.ts";

for (const runtime of runtimes) {
  describe(`runtime ${runtime.kind}: terminals`, function () {
    this.timeout(180_000);
    requires(...runtime.needs);
    let opened: OpenRuntime;
    let machines: MachineDriver;
    let id: string;

    before(async () => {
      opened = await openRuntime(runtime.kind);
      machines = opened.machines;
      id = await launch();
    });
    after(() => opened?.dispose());

    async function launch(): Promise<string> {
      const spec = machineSpec();
      await machines.launch(spec);
      return spec.id;
    }

    it("refuses a terminal of a machine that is not there with NotFound", async () => {
      const error = await rejection(machines.openTerminal(uniqueId("i"), { columns: 80, rows: 24 }));
      expect(error).to.include({ name: "TerminalError", reason: "NotFound" });
    });

    it("refuses a terminal of a machine that does not run with NotRunning", async () => {
      const stopped = await launch();
      await machines.stop(stopped, 0);
      const error = await rejection(machines.openTerminal(stopped, { columns: 80, rows: 24 }));
      expect(error).to.include({ name: "TerminalError", reason: "NotRunning" });
      expect(error.message).to.include(stopped);
    });

    if (runtime.runs) {
      testTerminals(() => ({ machines, id, launch }));
    } else {
      it("refuses every terminal with Unavailable, and what it cannot do", async () => {
        const error = await rejection(machines.openTerminal(id, { columns: 80, rows: 24 }));
        expect(error).to.include({ name: "TerminalError", reason: "Unavailable" });
        expect(error.message).to.include(machines.limitations[0]);
      });
    }
  });
}

/** A terminal and what it has written so far. */
class Screen {
  readonly terminal: Terminal;
  readonly #chunks: Buffer[] = [];
  ended = false;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
    terminal.output.on("data", (chunk: Buffer) => this.#chunks.push(chunk));
    terminal.output.on("end", () => {
      this.ended = true;
    });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  type(text: string | Buffer): void {
    this.terminal.input.write(text);
  }

  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    try {
      return await eventually(String(pattern), () => pattern.exec(this.bytes.toString("utf8")) ?? undefined);
    } catch (error) {
      throw new Error(`The terminal says ${JSON.stringify(this.bytes.toString("utf8").slice(-500))}.`, {
        cause: error,
      });
    }
  }
}

interface Subject {
  readonly machines: MachineDriver;
  /** A running machine. */
  readonly id: string;
  launch(): Promise<string>;
}

function testTerminals(subject: () => Subject): void {
  const open = async (options: Partial<TerminalOptions> = {}, id = subject().id) =>
    new Screen(await subject().machines.openTerminal(id, { columns: 80, rows: 24, ...options }));
  const run = async (script: string, id = subject().id) =>
    (await subject().machines.exec(id, ["/bin/sh", "-c", script])).stdout;
  /** The processes of the machine whose command line holds the word. */
  const processes = async (word: string, id = subject().id) =>
    (await run("ps -ef", id)).split("\n").filter((line) => line.includes(word)).length;

  it("opens a login shell of root in its home folder, on a terminal of the machine's own", async () => {
    const screen = await open();
    screen.type("echo $-:$0; echo $TERM $HOME $PWD $(id -u) $(tty) end\n");
    const [, terminal] = await screen.shows(/xterm-256color \/root \/root 0 (\/dev\/pts\/\d+) end/);
    expect(terminal).to.match(/^\/dev\/pts\/\d+$/);
    await screen.shows(/i\w*:(-|bash|\/bin\/sh|sh)/);
    await screen.terminal.close();
  });

  it("has its size before the program sees it, and tells the program of another", async () => {
    const watch = "trap 'stty size' WINCH; stty size; while :; do read -r line; done";
    const screen = await open({ columns: 132, rows: 43, argv: ["sh", "-c", watch] });
    await screen.shows(/^43 132\r\n/);
    await screen.terminal.resize(100, 30);
    screen.type("\n");
    await screen.shows(/30 100\r\n/);
    await screen.terminal.close();
  });

  it("rejects a size that no terminal has", async () => {
    const screen = await open();
    for (const [columns, rows] of [
      [0, 24],
      [80, 65_536],
      [80.5, 24],
      [Number.NaN, 24],
    ] as const) {
      expect(await rejection(screen.terminal.resize(columns, rows))).to.be.instanceOf(RangeError);
      const { machines, id } = subject();
      expect(await rejection(machines.openTerminal(id, { columns, rows }))).to.be.instanceOf(RangeError);
    }
    await screen.terminal.close();
  });

  it("runs a program with its arguments and environment as they are, and gives its exit code", async () => {
    const script = 'printf "%s|" "$@" "$WORD"; exit 7';
    const screen = await open({ argv: ["sh", "-c", script, "sh", "a b", "$HOME", ""], env: { WORD: "über $x" } });
    expect(await screen.terminal.exited).to.deep.equal({ exitCode: 7 });
    await eventually("the end", () => screen.ended);
    expect(screen.bytes.toString("utf8")).to.equal("a b|$HOME||über $x|");
  });

  it("gives 128 and the number for a program that a signal ends, and 127 for one that is not there", async () => {
    const killed = await open({ argv: ["sh", "-c", "kill -9 $$"] });
    expect(await killed.terminal.exited).to.deep.equal({ exitCode: 137 });
    const missing = await open({ argv: ["/no/such/program"] });
    expect((await missing.terminal.exited).exitCode).to.equal(127);
  });

  it("gives all that a program wrote before its end", async () => {
    const screen = await open({ argv: ["sh", "-c", "stty -opost; seq 1 200000"] });
    expect(await screen.terminal.exited).to.deep.equal({ exitCode: 0 });
    await eventually("the end", () => screen.ended);
    const lines = screen.bytes.toString("latin1").trimEnd().split("\n");
    expect(lines).to.have.lengthOf(200_000);
    expect(lines.at(-1)).to.equal("200000");
  });

  it("ends though programs of the background hold the terminal", async () => {
    const screen = await open({ argv: ["sh", "-c", "sleep 3333 & exit 4"] });
    expect(await screen.terminal.exited).to.deep.equal({ exitCode: 4 });
    await eventually("the end", () => screen.ended);
    await run("kill $(ps -ef | grep '[s]leep 3333' | sed 's/^ *[a-z]* *//;s/ .*//') 2>/dev/null; true");
  });

  it("passes bytes both ways as they are", async () => {
    const screen = await open({
      argv: ["sh", "-c", "stty raw -echo; echo on; head -c 262144 >/root/raw; cat /root/raw"],
    });
    await screen.shows(/on\n/);
    const bytes = randomBytes(262_144);
    screen.type(bytes);
    expect(await screen.terminal.exited).to.deep.equal({ exitCode: 0 });
    await eventually("the end", () => screen.ended);
    expect(screen.bytes.subarray(3).equals(bytes)).to.equal(true);
  });

  it("sends an interrupt to the program in the foreground alone", async () => {
    const screen = await open();
    screen.type("sleep 1000; echo interrupted $?\n");
    await eventually("the program", async () => (await processes("sleep 1000")) === 1);
    screen.type("\x03");
    screen.type("echo after''wards\n");
    await screen.shows(/afterwards/);
    expect(screen.bytes.toString("utf8")).not.to.match(/interrupted 0/);
    await screen.terminal.close();
  });

  it("holds a program up whose output nobody reads, and loses nothing of it", async () => {
    const { machines, id } = subject();
    const script = "stty -opost; head -c 20000000 /dev/zero | tr '\\0' x; echo done >/root/done-writing";
    const terminal = await machines.openTerminal(id, { columns: 80, rows: 24, argv: ["sh", "-c", script] });
    terminal.output.pause();
    // Other programs take their turns meanwhile: what is not held up would be over by then.
    for (let turn = 0; turn < 10; turn++) await run("seq 1 20000 >/dev/null; ls /root");
    expect(await run("ls /root")).not.to.include("done-writing");
    expect(terminal.output.readableLength).to.be.below(1024 * 1024);
    let length = 0;
    for await (const chunk of terminal.output) length += (chunk as Buffer).length;
    expect(length).to.equal(20_000_000);
    expect(await run("cat /root/done-writing")).to.equal("done\n");
  });

  it("holds back who types more than a program reads, and loses nothing of it", async () => {
    const script =
      "stty raw -echo; echo on; while [ ! -e /root/read-now ]; do sleep 0.05; done; head -c 1000000 | md5sum";
    const screen = await open({ argv: ["sh", "-c", script] });
    await screen.shows(/on\n/);
    const bytes = randomBytes(500_000).toString("hex");
    const { input } = screen.terminal;
    expect(input.write(bytes)).to.equal(false);
    await run("touch /root/read-now");
    await new Promise((resolve) => input.once("drain", resolve));
    const [, digest] = await screen.shows(/([0-9a-f]{32})/);
    expect(digest).to.equal(createHash("md5").update(bytes).digest("hex"));
  });

  it("keeps terminals of one machine apart, and those of two", async () => {
    const other = await subject().launch();
    const screens = [await open(), await open(), await open({}, other)];
    for (const [index, screen] of screens.entries())
      screen.type(`NAME=${index}; echo name is $NAME; hostname >/dev/null\n`);
    for (const [index, screen] of screens.entries()) {
      await screen.shows(new RegExp(`name is ${index}\r\n`));
      for (const stranger of [0, 1, 2].filter((one) => one !== index)) {
        expect(screen.bytes.toString("utf8")).not.to.match(new RegExp(`name is ${stranger}\r\n`));
      }
    }
    await Promise.all(screens.map((screen) => screen.terminal.close()));
  });

  it("hangs up: the shell and its children end, in the foreground and behind it", async () => {
    const screen = await open();
    screen.type("sleep 2222 & sleep 2223\n");
    await eventually("its programs", async () => (await processes("sleep 222")) === 2);
    await screen.terminal.close();
    expect((await screen.terminal.exited).exitCode).to.be.above(128);
    expect(await processes("sleep 222")).to.equal(0);
    await screen.terminal.close();
  });

  it("ends a program that ignores that it was hung up", async () => {
    const screen = await open({ argv: ["sh", "-c", "trap '' HUP; echo on; while :; do sleep 4444; done"] });
    await screen.shows(/on\r\n/);
    await screen.terminal.close();
    expect(await screen.terminal.exited).to.deep.equal({ exitCode: 137 });
    expect(await processes("sleep 4444")).to.equal(0);
  });

  it("refuses with Unavailable, and what went wrong, where the machine has lost its shell", async () => {
    const own = await subject().launch();
    await run("rm /bin/sh", own);
    const error = await rejection(subject().machines.openTerminal(own, { columns: 80, rows: 24 }));
    expect(error).to.include({ name: "TerminalError", reason: "Unavailable" });
    expect(error.message).to.match(/^The terminal did not start: .*\/bin\/sh.*no such file/is);
  });

  it("ends with its machine, at once", async () => {
    const own = await subject().launch();
    const screen = await open({}, own);
    screen.type("echo rea''dy\n");
    await screen.shows(/ready/);
    const started = performance.now();
    await subject().machines.stop(own, 10);
    expect(performance.now() - started).to.be.below(9500);
    expect((await screen.terminal.exited).exitCode).to.be.oneOf([0, 129, 137, 143]);
    await eventually("the end", () => screen.ended || screen.terminal.output.destroyed);
    await screen.terminal.close();
    await screen.terminal.resize(90, 30);
  });
}
