/**
 * What EC2 costs beside a raw `node:http` server that sends an answer of the same size: `npm run bench:ec2`. Both run in
 * processes of their own and are measured in turn, in rounds; a row is the median. All on the `records` runtime.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load, openConnection, type WireRequest, wireRequest } from "./support/http-load.ts";
import { startProcess } from "./support/measured-process.ts";
import { queryRequest } from "./support/query-request.ts";

const rounds = Number(process.env.ROUNDS ?? 5);
const folder = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), "localaws-bench-"));

const raw = await startProcess(
  ["--import", "tsx/esm", fileURLToPath(new URL("support/answer-server.ts", import.meta.url))],
  (line) => Number(line) || undefined,
);
const ours = await startProcess(
  [
    fileURLToPath(new URL("../dist/main.js", import.meta.url)),
    ...["start", "--runtime", "records", "--listen", "127.0.0.1:0", "--data", join(folder, "data")],
  ],
  (line) => {
    const endpoint = line.startsWith("{") ? (JSON.parse(line) as { endpoint?: string }).endpoint : undefined;
    return endpoint === undefined ? undefined : Number(new URL(endpoint).port);
  },
);

const action = (name: string, parameters?: Readonly<Record<string, string>>) =>
  queryRequest(ours.port, "ec2", name, parameters);

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function print(...cells: string[]): void {
  const widths = [44, 12, 12, 10, 10];
  console.log(cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(""));
}

/** Milliseconds of one request after the other, and how many a raw server answers in the time of one of ours. */
async function row(name: string, request: WireRequest, { total, target }: { total: number; target: string }) {
  const connection = await openConnection(ours.port);
  const { body } = await connection.send(request, true);
  connection.close();
  const same = wireRequest("POST", `/${body.length}`, { host: "127.0.0.1" }, Buffer.from("x"));
  const times: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const rawSeconds = (await load(raw.port, [same], { connections: 1, total })).seconds;
    const ourSeconds = (await load(ours.port, [request], { connections: 1, total })).seconds;
    times.push((1000 * ourSeconds) / total);
    ratios.push(rawSeconds / ourSeconds);
  }
  print(
    name,
    `${median(times).toFixed(2)} ms`,
    `${(body.length / 1024).toFixed(0)} KiB`,
    median(ratios).toFixed(2),
    target,
  );
}

try {
  print("work", "each", "answer", "ratio", "target");
  await row("DescribeRegions", action("DescribeRegions"), { total: 2000, target: "≥ 0.5" });
  const launch = { ImageId: "alpine:latest", InstanceType: "t3.micro", MinCount: "100", MaxCount: "100" };
  const connection = await openConnection(ours.port);
  const started = performance.now();
  for (let index = 0; index < 10; index++) await connection.send(action("RunInstances", launch));
  print("RunInstances of 100", `${((performance.now() - started) / 10).toFixed(0)} ms`);
  const one = { ...launch, MinCount: "1", MaxCount: "1" };
  const { body } = await connection.send(action("RunInstances", one), true);
  connection.close();
  const id = /<instanceId>([^<]+)/.exec(body.toString())?.[1] ?? "";
  const type = { "Filter.1.Name": "client-token", "Filter.1.Value.1": "none" };
  await row("DescribeInstances of 1,000", action("DescribeInstances"), { total: 5, target: "< 100 ms" });
  await row(
    "DescribeInstances of 1,000, one by its id",
    action("DescribeInstances", { "Filter.1.Name": "instance-id", "Filter.1.Value.1": id }),
    { total: 200, target: "< 5 ms" },
  );
  await row("DescribeInstances of 1,000, none by a token", action("DescribeInstances", type), { total: 5, target: "" });
  await row("DescribeInstances of 1,000, one InstanceId", action("DescribeInstances", { "InstanceId.1": id }), {
    total: 200,
    target: "< 5 ms",
  });
  const reset = wireRequest("POST", "/_localaws/reset", { host: `127.0.0.1:${ours.port}` }, Buffer.from("{}"));
  const all = await openConnection(ours.port);
  await all.send(reset);
  all.close();
  await row("reset where nothing is", reset, { total: 20, target: "< 50 ms" });
} finally {
  await Promise.all([raw.stop(), ours.stop()]);
  rmSync(folder, { recursive: true, force: true });
}
