import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { launchBrowser, logIn, openWindow, type WindowOptions } from "../test/console/support/browser.ts";
import { ensureConsole } from "../test/console/support/built-console.ts";
import { type Example, exampleDatabasePassword, makeExample } from "../test/console/support/example-data.ts";
import { startLocalAws } from "../test/support/server.ts";

/** Pictures of the console's pages, for docs/console.md: `npm run screenshots [folder]`. Needs Chromium and a runtime with machines. */
const folder = process.argv[2] ?? fileURLToPath(new URL("../docs/images", import.meta.url));
const largest = 100_000;

interface Shot {
  readonly name: string;
  readonly path: (example: Example) => string;
  /** What is done there before the picture is taken. */
  readonly act?: (page: Page) => Promise<void>;
}

const shots: readonly Shot[] = [
  { name: "overview", path: () => "/" },
  { name: "instances", path: () => "/instances" },
  {
    name: "launch",
    path: () => "/instances",
    act: async (page) => {
      await page.getByRole("button", { name: "Launch instance" }).click();
      await page.getByText("The default group, where none is chosen.").waitFor();
    },
  },
  {
    name: "instance",
    path: ({ instanceId }) => `/instances/${instanceId}`,
    act: async (page) => {
      await page.getByText(/% of a CPU/).waitFor();
      // A few points of the graphs, which come every two seconds.
      await page.waitForTimeout(20_000);
    },
  },
  {
    name: "terminal",
    path: ({ instanceId }) => `/instances/${instanceId}?tab=terminal`,
    act: async (page) => {
      await page.getByText("Connected", { exact: true }).waitFor();
      await page.keyboard.type("uname -sn && df -h / | tail -1\n");
      await page.locator(".xterm-rows", { hasText: "%" }).waitFor();
    },
  },
  { name: "key-pairs", path: () => "/key-pairs" },
  { name: "security-groups", path: () => "/security-groups" },
  { name: "security-group", path: ({ groupId }) => `/security-groups/${groupId}` },
  { name: "volumes", path: () => "/volumes" },
  { name: "vpcs", path: () => "/vpcs" },
  { name: "vpc", path: ({ vpcId }) => `/vpcs/${vpcId}` },
  { name: "buckets", path: () => "/buckets" },
  { name: "bucket", path: ({ bucket }) => `/buckets/${bucket}` },
  {
    name: "object",
    path: ({ bucket, key }) => `/buckets/${bucket}?prefix=reports%2F2026%2F&key=${encodeURIComponent(key)}`,
    act: (page) => page.getByText("revenue").waitFor(),
  },
  {
    name: "versions",
    path: ({ bucket }) => `/buckets/${bucket}?tab=versions`,
    act: (page) => page.getByText("Versioning is on").waitFor(),
  },
  {
    name: "policy",
    path: ({ bucket }) => `/buckets/${bucket}?tab=policy`,
    act: (page) => page.getByRole("button", { name: "Insert example" }).click(),
  },
  { name: "databases", path: () => "/databases" },
  { name: "database", path: ({ database }) => `/databases/${database}` },
  {
    name: "sql",
    path: ({ database }) => `/databases/${database}?tab=sql`,
    act: async (page) => {
      await page.getByLabel("Statements").fill("select name, setting from pg_settings where name like 'max_w%'");
      await page.getByLabel(/^Password/).fill(exampleDatabasePassword);
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByRole("cell", { name: "max_wal_size" }).waitFor();
    },
  },
  { name: "database-clusters", path: () => "/database-clusters" },
  { name: "database-cluster", path: ({ cluster }) => `/database-clusters/${cluster}` },
  { name: "database-snapshots", path: () => "/database-snapshots" },
  { name: "requests", path: () => "/requests", act: (page) => page.getByLabel("Filter").fill("bucket") },
];

const looks: readonly (WindowOptions & { readonly name: string })[] = [
  { name: "light", theme: "light", width: 1180, height: 680 },
  { name: "dark", theme: "dark", width: 1180, height: 680 },
  { name: "phone", theme: "light", width: 390, height: 844 },
];

await ensureConsole();
await mkdir(folder, { recursive: true });
const server = await startLocalAws({ runtime: "auto", sshListen: "127.0.0.1:4522" });
const browser = await launchBrowser();
try {
  const example = await makeExample(server);
  for (const { name: look, ...options } of looks) {
    const { page, context } = await openWindow(browser, server.endpoint, options);
    const take = async (name: string) => {
      const path = join(folder, `${name}-${look}.png`);
      await page.screenshot({ path, animations: "disabled" });
      const { size } = await stat(path);
      if (size > largest) console.warn(`${path} has ${size} bytes`);
    };
    await page.goto(`${server.endpoint}/console/`);
    await take("login");
    await logIn(page, server.endpoint);
    for (const { name, path, act } of shots) {
      await page.goto(`${server.endpoint}/console${path(example)}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      // Not by a locator: there may be two of them.
      await page.waitForSelector(".loading", { state: "detached" });
      await page.locator(".live-state.live").waitFor({ state: "attached" });
      await act?.(page);
      await take(name);
    }
    await context.close();
  }
} finally {
  await browser.close();
  await server.server.reset();
  await server.stop();
}
