import { setFlagsFromString } from "node:v8";
import { type Logger, pino } from "pino";
import { type Config, ConfigError } from "../config.ts";
import { version } from "../http/health.ts";
import { start } from "../start.ts";
import { banner } from "./banner.ts";
import { askHealth } from "./endpoint.ts";
import { Failure } from "./failure.ts";

/**
 * V8 lets a heap become two to four times what is in use of it before it looks for what is not: after some thousands of requests
 * that was most of the resident memory. Collecting at half as much more took no more time: docs/decisions/0163-memory-under-load.md
 */
const heapGrowth = "--heap-growing-percent=50";

/** Starts LocalAWS and stops it at a signal. Structured lines go to the standard output, for a person a page before them. */
export async function serve(config: Config): Promise<void> {
  setFlagsFromString(heapGrowth);
  const output = bufferedOutput();
  const log = pino({ level: config.logLevel }, output);
  const signals = endAtSignals(log);
  const server = await start(config, log).catch(async (error: unknown) => {
    log.debug({ err: error }, "the start failed");
    throw await explained(error, config);
  });
  signals.close = () => server.close();
  const { endpoint, addresses, runtime, limitations } = server;
  log.info({ version, endpoint, addresses, runtime, limitations, dataDir: config.dataDir }, "LocalAWS is ready");
  if (config.auth === "off") log.warn("signatures are not verified");
  output.flushSync();
  if (process.stdout.isTTY) console.log(banner(server, version));
}

/** A write of its own for each line would cost a small request a tenth of its time; lines wait for this many milliseconds. */
const logDelay = 100;

/** Or until they have this many characters. */
const logBatch = 8 * 1024;

/** Characters of the log that wait for a disk that is full; further lines are lost. */
const logBacklog = 1024 * 1024;

/** pino's own way of gathering lines measures all that waits at each line, which takes as long as to make one. */
function bufferedOutput() {
  const output = pino.destination({ dest: 1, sync: true, maxLength: logBacklog });
  // A full disk, or a terminal that is gone, costs the log, and not what is logged.
  output.on("error", () => {});
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  const flushSync = () => {
    clearTimeout(timer);
    timer = undefined;
    const lines = waiting;
    waiting = "";
    if (lines !== "") output.write(lines);
  };
  process.once("exit", flushSync);
  return {
    write(line: string) {
      waiting += line;
      if (waiting.length >= logBatch) flushSync();
      else timer ??= setTimeout(flushSync, logDelay).unref();
    },
    flushSync,
  };
}

/** How processes are counted that a signal ended: 128 + its number. SIGHUP is that of a terminal which is closed. */
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** Milliseconds after which an end is forced: what is on the disk bears it, whatever has not come to its end. */
const endLimit = 60_000;

/**
 * The first signal lets what is under way end, by `close`; a second one ends all at once, and so does one that comes before
 * there is anything to close, since process 1 of a container would not heed it otherwise.
 */
function endAtSignals(log: Logger): { close?: () => Promise<void> } {
  const signals: { close?: () => Promise<void> } = {};
  let stopping = false;
  const stop = (signal: keyof typeof exitCodes) => {
    // A terminal that is closed may send its signal twice, by the kernel and by the shell.
    if (stopping && signal === "SIGHUP") return;
    if (stopping || signals.close === undefined) process.exit(exitCodes[signal]);
    stopping = true;
    log.info({ signal }, "LocalAWS stops when what is under way has ended; another signal stops it at once");
    setTimeout(() => {
      log.warn("LocalAWS stops now: what is under way has not ended in time");
      process.exit(1);
    }, endLimit).unref();
    signals.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  for (const signal of Object.keys(exitCodes) as (keyof typeof exitCodes)[]) process.on(signal, stop);
  return signals;
}

/** A sentence on what went wrong and what a person can do about it. */
async function explained(error: unknown, config: Config): Promise<Error> {
  if (error instanceof ConfigError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  const syscall = error instanceof Error && "syscall" in error ? error.syscall : undefined;
  if (code === "ENOSPC" || code === "SQLITE_FULL") {
    return new Failure(`The disk of the data folder ${config.dataDir} is full (${reason}).`);
  }
  if (syscall !== "listen" && syscall !== "getaddrinfo") {
    return code === "EACCES" || code === "EROFS"
      ? new Failure(`The data folder ${config.dataDir} cannot be written (${reason}). Choose one with --data.`)
      : new Failure(`LocalAWS could not start: ${reason} (--log-level debug shows more.)`);
  }
  const elsewhere = "Choose another address: localaws start --listen 127.0.0.1:5566";
  if (code === "EADDRINUSE" && error instanceof Error && "address" in error && "port" in error) {
    const at = `${error.address}:${error.port}`;
    const running = await askHealth(`http://${at}`).catch(() => undefined);
    const who = running === undefined ? "another program" : `LocalAWS ${running.version}, which runs already`;
    return new Failure(`${at} is taken by ${who}. ${elsewhere}`);
  }
  return new Failure(`LocalAWS cannot listen there: ${reason}. ${elsewhere}`);
}
