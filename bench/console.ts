/**
 * How soon the console is there: `npm run bench:console [runs]`. Chromium opens it on loopback with nothing in its cache, again and
 * again: the login (its first contentful paint), and the list of instances for somebody who has logged in (from the navigation
 * until its rows are in the page and a frame has been drawn). The first visit is told by itself: it is the first to ask LocalAWS.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { RunInstancesCommand } from "@aws-sdk/client-ec2";
import type { Browser } from "playwright-core";
import { launchBrowser, openWindow } from "../test/console/support/browser.ts";
import { startLocalAws } from "../test/support/server.ts";

const runs = Number(process.argv[2] ?? 20);
/** Milliseconds, of the median. */
const most = 1000;

const rowsDrawn = `new Promise((resolve) => {
  const look = () => {
    if (document.querySelector("tbody tr") === null) requestAnimationFrame(look);
    else requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
  };
  look();
})`;

const firstPaint = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const [paint] = list.getEntriesByName("first-contentful-paint");
    if (paint !== undefined) resolve(paint.startTime);
  }).observe({ type: "paint", buffered: true });
})`;

/** A window of its own has a cache of its own. Resolves with milliseconds since the navigation began. */
async function visit(browser: Browser, { url, until, token }: { url: string; until: string; token?: string }) {
  const { page, context } = await openWindow(browser, new URL(url).origin);
  try {
    if (token !== undefined) await page.addInitScript(`sessionStorage.setItem("localaws.token", "${token}")`);
    await page.goto(url, { waitUntil: "commit" });
    return await page.evaluate<number>(until);
  } finally {
    await context.close();
  }
}

async function logIn(endpoint: string): Promise<string> {
  const answer = await fetch(`${endpoint}/auth/login`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: "admin", password: "password" }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return token;
}

/** The measure: what the browser needs for a heading and nothing else. */
async function emptyPage() {
  const server = createServer((_req, res) => res.setHeader("content-type", "text/html").end("<h1>Nothing</h1>"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}

const server = await startLocalAws();
const empty = await emptyPage();
const browser = await launchBrowser();
try {
  const { endpoint, ec2 } = server;
  const token = await logIn(endpoint);
  await ec2.send(new RunInstancesCommand({ ImageId: "alpine:latest", MinCount: 20, MaxCount: 20 }));
  const visits = [
    { what: "a page with a heading alone", url: empty.url, until: firstPaint },
    { what: "login", url: `${endpoint}/console/`, until: firstPaint },
    { what: "instances", url: `${endpoint}/console/instances`, until: rowsDrawn, token },
  ];
  const rows = [];
  for (const { what, ...asked } of visits) {
    const times: number[] = [];
    for (let run = 0; run <= runs; run++) times.push(await visit(browser, asked));
    const [first = 0, ...later] = times.map(Math.round);
    later.sort((a, b) => a - b);
    rows.push({ what, "first, ms": first, "median, ms": later[runs >> 1] ?? 0, "slowest, ms": later.at(-1) ?? 0 });
  }
  console.table(rows);
  const slow = rows.find((row) => row["median, ms"] >= most);
  if (slow !== undefined) throw new Error(`${slow.what}: ${slow["median, ms"]} ms is not less than ${most}.`);
} finally {
  await browser.close();
  empty.close();
  await server.stop();
}
