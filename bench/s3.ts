/**
 * What S3 costs beside a raw `node:http` server that does the same work with no S3 in it: `npm run bench:s3`. Both run in
 * processes of their own and are measured in turn, over the same connections, in rounds; a row is the median of the rounds'
 * ratios. `speed` is ours / raw in requests (or bytes) a second, `cpu` the CPU time of raw / ours for each: the
 * latter says the same on a busy machine.
 */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load, openConnection, type WireRequest, wireRequest } from "./support/http-load.ts";
import { type MeasuredProcess, startProcess } from "./support/measured-process.ts";
import { queryRequest } from "./support/query-request.ts";
import { signed, trailing } from "./support/s3-requests.ts";

const rounds = Number(process.env.ROUNDS ?? 3);
const only = process.argv[2];
const KiB = 1024;
const MiB = 1024 * KiB;
const bucket = "/bench";
const folder = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), "localaws-bench-"));
mkdirSync(join(folder, "raw"));

const raw = await startProcess(
  ["--import", "tsx/esm", fileURLToPath(new URL("support/raw-server.ts", import.meta.url)), join(folder, "raw")],
  (line) => Number(line) || undefined,
);
const startOurs = (data: string) =>
  startProcess(
    [
      fileURLToPath(new URL("../dist/main.js", import.meta.url)),
      ...["start", "--runtime", "records", "--listen", "127.0.0.1:0", "--data", join(folder, data)],
    ],
    (line) => {
      const endpoint = line.startsWith("{") ? (JSON.parse(line) as { endpoint?: string }).endpoint : undefined;
      return endpoint === undefined ? undefined : Number(new URL(endpoint).port);
    },
  );
const ours = await startOurs("data");

interface Work {
  readonly connections: number;
  readonly total: number;
  readonly raw: readonly WireRequest[];
  readonly ours: readonly WireRequest[];
  /** The ratio that is aimed at. */
  readonly target: number;
}

interface Cost {
  readonly perSecond: number;
  readonly cpu: number;
}

async function measure(server: MeasuredProcess, requests: readonly WireRequest[], work: Work): Promise<Cost> {
  const before = server.cpu();
  const { seconds } = await load(server.port, requests, work);
  return { perSecond: work.total / seconds, cpu: (server.cpu() - before) / work.total };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function row(name: string, work: Work | (() => Work)): Promise<void> {
  if (only !== undefined && !name.includes(only)) return;
  const results: { raw: Cost; ours: Cost }[] = [];
  for (let round = 0; round < rounds; round++) {
    const made = typeof work === "function" ? work() : work;
    results.push({ raw: await measure(raw, made.raw, made), ours: await measure(ours, made.ours, made) });
  }
  const { target } = typeof work === "function" ? work() : work;
  const speed = median(results.map((result) => result.ours.perSecond / result.raw.perSecond));
  const cpu = median(results.map((result) => result.raw.cpu / result.ours.cpu));
  const rate = median(results.map((result) => result.ours.perSecond));
  print(name, `${rate.toFixed(rate < 100 ? 1 : 0)}/s`, speed.toFixed(2), cpu.toFixed(2), `≥ ${target}`);
}

function print(...cells: string[]): void {
  const widths = [44, 12, 8, 8, 10];
  console.log(cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(""));
}

const plain = (method: string, path: string, body?: Buffer, times?: number) =>
  wireRequest(method, path, { host: "127.0.0.1" }, body, times);
const sign = (method: string, path: string, body?: Buffer) =>
  signed(ours.port, { method, path, ...(body && { body }) });

async function once(server: MeasuredProcess, ...requests: WireRequest[]): Promise<void> {
  const connection = await openConnection(server.port);
  for (const request of requests) await connection.send(request);
  connection.close();
}

/** The median of milliseconds over a few calls, each of its own request. */
async function time(name: string, requests: readonly WireRequest[], limit: string): Promise<number> {
  const connection = await openConnection(ours.port);
  const times: number[] = [];
  for (const request of requests) {
    const started = performance.now();
    await connection.send(request);
    times.push(performance.now() - started);
  }
  connection.close();
  const ms = median(times);
  print(name, `${ms.toFixed(1)} ms`, "", "", limit);
  return ms;
}

const wanted = (name: string) => only === undefined || name.includes(only);

try {
  print("work", "ours", "speed", "cpu", "target");
  print("cold start to the first answer", `${ours.startMs.toFixed(0)} ms`, "", "", "< 1 s");
  print("memory, idle", `${ours.memory().toFixed(0)} MB`, "", "", "< 120 MB");
  await memoryWithOthers();
  await once(ours, sign("PUT", bucket));

  for (const size of [1, 16]) {
    const body = Buffer.alloc(size * KiB, "x");
    await once(raw, plain("PUT", `${bucket}/${size}`, body));
    await once(ours, sign("PUT", `${bucket}/${size}`, body));
    for (const connections of [16, 64]) {
      await row(`GET ${size} KiB, ${connections} connections`, {
        ...{ connections, total: Number(process.env.TOTAL ?? 8000), target: 0.6 },
        raw: [plain("GET", `${bucket}/${size}`)],
        ours: [sign("GET", `${bucket}/${size}`)],
      });
    }
  }
  await row("HEAD", {
    ...{ connections: 16, total: Number(process.env.TOTAL ?? 8000), target: 0.6 },
    raw: [plain("HEAD", `${bucket}/1`)],
    ours: [sign("HEAD", `${bucket}/1`)],
  });

  const oneKiB = Buffer.alloc(KiB, "x");
  const names = Array.from({ length: 2000 }, (_, index) => `${bucket}/put-${index}`);
  await row("PUT 1 KiB, signed payload", {
    ...{ connections: 16, total: names.length, target: 0.6 },
    raw: names.map((path) => plain("PUT", path, oneKiB)),
    ours: names.map((path) => sign("PUT", path, oneKiB)),
  });
  const mixed = (put: (path: string) => WireRequest, get: (path: string) => WireRequest) =>
    names.slice(0, 400).flatMap((path) => [put(path), ...Array.from({ length: 4 }, () => get(`${bucket}/1`))]);
  await row("a PUT and four GETs of 1 KiB", () => ({
    ...{ connections: 16, total: names.length, target: 0.6 },
    raw: mixed(
      (path) => plain("PUT", path, oneKiB),
      (path) => plain("GET", path),
    ),
    ours: mixed(
      (path) => sign("PUT", path, oneKiB),
      (path) => sign("GET", path),
    ),
  }));
  if (wanted("DELETE")) {
    const puts = {
      raw: names.map((path) => plain("PUT", path, oneKiB)),
      ours: names.map((path) => sign("PUT", path, oneKiB)),
    };
    const deletes = {
      raw: names.map((path) => plain("DELETE", path)),
      ours: names.map((path) => sign("DELETE", path)),
    };
    const results: { raw: Cost; ours: Cost }[] = [];
    const work = { connections: 16, total: names.length, target: 0.6, ...deletes };
    for (let round = 0; round < rounds; round++) {
      await load(raw.port, puts.raw, work);
      await load(ours.port, puts.ours, work);
      results.push({ raw: await measure(raw, deletes.raw, work), ours: await measure(ours, deletes.ours, work) });
    }
    const speed = median(results.map((result) => result.ours.perSecond / result.raw.perSecond));
    const cpu = median(results.map((result) => result.raw.cpu / result.ours.cpu));
    print(
      "DELETE",
      `${median(results.map((result) => result.ours.perSecond)).toFixed(0)}/s`,
      speed.toFixed(2),
      cpu.toFixed(2),
      "≥ 0.6",
    );
  }
  await row("CopyObject 1 KiB, beside a raw PUT", () => ({
    ...{ connections: 16, total: names.length, target: 0.6 },
    raw: names.map((path) => plain("PUT", path, oneKiB)),
    ours: names.map((path) =>
      signed(ours.port, {
        method: "PUT",
        path,
        headers: { "x-amz-copy-source": `${bucket}/1`, "content-length": "0" },
      }),
    ),
  }));

  const mib = Buffer.alloc(MiB, "y");
  const large = `${bucket}/large`;
  const rawLarge = [plain("PUT", large, mib, 256)];
  for (const [name, request] of [
    ["unsigned", signed(ours.port, { method: "PUT", path: large, body: mib, times: 256, payload: "UNSIGNED-PAYLOAD" })],
    ["signed", signed(ours.port, { method: "PUT", path: large, body: mib, times: 256 })],
    ["aws-chunked, CRC32 trailer", trailing(ours.port, large, mib, 256)],
  ] as const) {
    await row(`PUT 256 MiB, ${name}`, {
      ...{ connections: 1, total: 1, target: 0.85 },
      raw: rawLarge,
      ours: [request],
    });
  }
  if (wanted("GET 256")) {
    await once(raw, ...rawLarge);
    await once(ours, trailing(ours.port, large, mib, 256));
  }
  await row("GET 256 MiB", {
    ...{ connections: 1, total: 2, target: 0.9 },
    raw: [plain("GET", large)],
    ours: [sign("GET", large)],
  });

  if (wanted("multipart")) await multipart(mib);
  if (wanted("List") || wanted("DeleteObjects")) await listing(oneKiB.subarray(0, 1));
  print("memory, at the end", `${ours.memory().toFixed(0)} MB`, "", "", "< 150 MB");
} finally {
  await Promise.all([raw.stop(), ours.stop()]);
  rmSync(folder, { recursive: true, force: true });
}

/** Of a process of its own, whose other services have been asked for something. */
async function memoryWithOthers(): Promise<void> {
  if (!wanted("memory")) return;
  const other = await startOurs("other-data");
  await once(
    other,
    queryRequest(other.port, "ec2", "DescribeInstances"),
    queryRequest(other.port, "rds", "DescribeDBInstances"),
  );
  print("memory, idle, EC2 and RDS used", `${other.memory().toFixed(0)} MB`, "", "", "< 180 MB");
  await other.stop();
}

async function begin(path: string): Promise<string> {
  const connection = await openConnection(ours.port);
  const { body } = await connection.send(sign("POST", `${path}?uploads`), true);
  connection.close();
  return /<UploadId>(.+)<\/UploadId>/.exec(body.toString())?.[1] ?? "";
}

async function complete(path: string, id: string, parts: readonly { number: number; etag: string }[]): Promise<number> {
  const list = parts.map(({ number, etag }) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`);
  const body = Buffer.from(`<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`);
  const connection = await openConnection(ours.port);
  const started = performance.now();
  await connection.send(sign("POST", `${path}?uploadId=${id}`, body));
  const ms = performance.now() - started;
  connection.close();
  return ms;
}

/** 1 GiB in parts of 8 MiB, four at a time, beside 128 raw PUTs of the same; and an upload of 1,000 parts. */
async function multipart(mib: Buffer): Promise<void> {
  const path = `${bucket}/parts`;
  const parts = Array.from({ length: 128 }, (_, index) => index + 1);
  const partRequest = (id: string, number: number) =>
    signed(ours.port, {
      ...{ method: "PUT", path: `${path}?partNumber=${number}&uploadId=${id}`, body: mib, times: 8 },
      payload: "UNSIGNED-PAYLOAD",
    });
  const work = { connections: 4, total: parts.length };
  const rawParts = parts.map((number) => plain("PUT", `${path}-${number}`, mib, 8));
  const rawCost = await measure(raw, rawParts, { ...work, raw: [], ours: [], target: 0 });
  const id = await begin(path);
  const requests = parts.map((number) => partRequest(id, number));
  const before = ours.cpu();
  const { seconds } = await load(ours.port, requests, work);
  const cpu = (ours.cpu() - before) / parts.length;
  const etags = await listParts(path, id);
  await complete(path, id, etags);
  print(
    "multipart 1 GiB in 8 MiB parts, 4 at a time",
    `${(1024 / seconds).toFixed(0)} MiB/s`,
    (parts.length / seconds / rawCost.perSecond).toFixed(2),
    (rawCost.cpu / cpu).toFixed(2),
    "≥ 0.85",
  );
  await once(raw, plain("PUT", `${bucket}/one`, mib, 1024));
  await row("GET of a multipart object of 1 GiB", {
    ...{ connections: 1, total: 1, target: 0.9 },
    raw: [plain("GET", `${bucket}/one`)],
    ours: [sign("GET", path)],
  });

  const many = await begin(`${bucket}/many`);
  const tiny = Buffer.alloc(5 * MiB, "z");
  // Each part but the last has to have 5 MiB; the bytes are one part's, copied within the store by reference where it can.
  const head = signed(ours.port, { method: "PUT", path: `${bucket}/five`, body: tiny, payload: "UNSIGNED-PAYLOAD" });
  await once(ours, head);
  const copies = Array.from({ length: 1000 }, (_, index) =>
    signed(ours.port, {
      ...{ method: "PUT", path: `${bucket}/many?partNumber=${index + 1}&uploadId=${many}` },
      headers: { "x-amz-copy-source": `${bucket}/five`, "content-length": "0" },
    }),
  );
  await load(ours.port, copies, { connections: 4, total: copies.length });
  const list = await listParts(`${bucket}/many`, many);
  const ms = await complete(`${bucket}/many`, many, list);
  print("CompleteMultipartUpload, 1,000 parts", `${ms.toFixed(1)} ms`, "", "", "< 50 ms");
}

async function listParts(path: string, id: string): Promise<{ number: number; etag: string }[]> {
  const connection = await openConnection(ours.port);
  const { body } = await connection.send(sign("GET", `${path}?max-parts=1000&uploadId=${id}`), true);
  connection.close();
  return [...body.toString().matchAll(/<PartNumber>(\d+)<\/PartNumber>.*?<ETag>(.*?)<\/ETag>/gs)].map(
    ([, number = "", etag = ""]) => ({ number: Number(number), etag }),
  );
}

/** 100,000 keys in 1,000 folders. */
async function listing(byte: Buffer): Promise<void> {
  const path = "/bench-list";
  await once(ours, sign("PUT", path));
  const keys = Array.from({ length: 100_000 }, (_, index) => {
    const number = String(index).padStart(6, "0");
    return `folder-${number.slice(0, 4)}/key-${number}`;
  });
  for (let at = 0; at < keys.length; at += 2000) {
    const requests = keys.slice(at, at + 2000).map((key) => sign("PUT", `${path}/${key}`, byte));
    await load(ours.port, requests, { connections: 16, total: requests.length });
  }
  const list = (query: string) => Array.from({ length: 15 }, () => sign("GET", `${path}?list-type=2&${query}`));
  const first = await time("ListObjectsV2 of 100,000: first page", list("max-keys=1000"), "< 15 ms");
  const last = await time(
    "ListObjectsV2 of 100,000: last page",
    list(`start-after=${encodeURIComponent(keys.at(-1001) ?? "")}`),
    "< 15 ms",
  );
  print("  last / first", (last / first).toFixed(2), "", "", "≤ 1.5");
  await time("ListObjectsV2 of 100,000: delimiter", list("delimiter=%2F"), "< 15 ms");
  await time("ListObjectsV2 of 100,000: prefix", list("prefix=folder-0500%2F"), "< 15 ms");
  const batches = Array.from({ length: 5 }, (_, index) => {
    const objects = keys.slice(index * 1000, index * 1000 + 1000).map((key) => `<Object><Key>${key}</Key></Object>`);
    const body = Buffer.from(`<Delete><Quiet>true</Quiet>${objects.join("")}</Delete>`);
    const md5 = createHash("md5").update(body).digest("base64");
    return signed(ours.port, { method: "POST", path: `${path}?delete`, body, headers: { "content-md5": md5 } });
  });
  await time("DeleteObjects, 1,000 keys", batches, "< 60 ms");
}
