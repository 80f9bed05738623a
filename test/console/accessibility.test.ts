import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import type { AxeResults } from "axe-core";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { requires } from "../support/requirements.ts";
import { logIn } from "./support/browser.ts";
import { useConsole } from "./support/console.ts";
import { type Example, makeExample } from "./support/example-data.ts";

const axeSource = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Halfway through a transition a colour is one that nobody chose. What turns for ever is left to turn. */
const settled = `(async () => {
  const moving = () => document.getAnimations().filter((each) => Number.isFinite(each.effect.getComputedTiming().endTime));
  for (let found = moving(); found.some((each) => each.playState === "running"); found = moving()) {
    await Promise.allSettled(found.map((each) => each.finished));
  }
})()`;

/** The rules of WCAG 2.2 A and AA, and axe's best practices. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(settled);
  await page.evaluate(await axeSource);
  // Of what is as it should be, which is most, nothing is to be written down.
  const run = "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations)";
  const found = await page.evaluate<AxeResults["violations"]>(run);
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`)}`);
}

const dialog = (button: string) => async (page: Page) => {
  await page.getByRole("button", { name: button }).first().click();
  await page.getByRole("dialog").waitFor();
};

const pages: readonly { name: string; path: (example: Example) => string; act?: (page: Page) => Promise<void> }[] = [
  { name: "overview", path: () => "" },
  { name: "instances", path: () => "/instances" },
  { name: "the launch form", path: () => "/instances", act: dialog("Launch instance") },
  { name: "an instance", path: ({ instanceId }) => `/instances/${instanceId}` },
  {
    name: "a terminal that cannot be had",
    path: ({ instanceId }) => `/instances/${instanceId}?tab=terminal`,
    act: (page) => page.locator(".terminal-state").filter({ hasText: /\w{9}/ }).waitFor(),
  },
  { name: "console output", path: ({ instanceId }) => `/instances/${instanceId}?tab=output` },
  { name: "key pairs", path: () => "/key-pairs" },
  { name: "the key pair form", path: () => "/key-pairs", act: dialog("Create key pair") },
  { name: "security groups", path: () => "/security-groups" },
  { name: "a security group", path: ({ groupId }) => `/security-groups/${groupId}` },
  { name: "the rule form", path: ({ groupId }) => `/security-groups/${groupId}`, act: dialog("Add rule") },
  { name: "volumes", path: () => "/volumes" },
  { name: "the volume form", path: () => "/volumes", act: dialog("Create volume") },
  {
    name: "the attachment form",
    path: () => "/volumes",
    act: async (page) => {
      await page.getByRole("row").filter({ hasText: "archive" }).getByRole("checkbox").check();
      await dialog("Attach")(page);
    },
  },
  { name: "VPCs", path: () => "/vpcs" },
  { name: "the VPC form", path: () => "/vpcs", act: dialog("Create VPC") },
  { name: "a VPC", path: ({ vpcId }) => `/vpcs/${vpcId}` },
  { name: "the subnet form", path: ({ vpcId }) => `/vpcs/${vpcId}`, act: dialog("Create subnet") },
  { name: "buckets", path: () => "/buckets" },
  { name: "a bucket", path: ({ bucket }) => `/buckets/${bucket}` },
  {
    name: "an object",
    path: ({ bucket, key }) => `/buckets/${bucket}?prefix=reports%2F2026%2F&key=${encodeURIComponent(key)}`,
    act: (page) => page.getByText("revenue").waitFor(),
  },
  {
    name: "versions",
    path: ({ bucket }) => `/buckets/${bucket}?tab=versions`,
    act: (page) => page.getByText("delete marker").first().waitFor({ state: "attached" }),
  },
  {
    name: "a bucket's policy",
    path: ({ bucket }) => `/buckets/${bucket}?tab=policy`,
    act: (page) => page.getByRole("button", { name: "Insert example" }).click(),
  },
  { name: "databases", path: () => "/databases" },
  { name: "the database form", path: () => "/databases", act: dialog("Create database") },
  { name: "a database", path: ({ database }) => `/databases/${database}` },
  { name: "a database's SQL pane", path: ({ database }) => `/databases/${database}?tab=sql` },
  { name: "a database's log", path: ({ database }) => `/databases/${database}?tab=log` },
  { name: "a database's snapshots", path: ({ database }) => `/databases/${database}?tab=snapshots` },
  {
    name: "the snapshot form",
    path: ({ database }) => `/databases/${database}?tab=snapshots`,
    act: dialog("Take snapshot"),
  },
  { name: "the password form", path: ({ database }) => `/databases/${database}`, act: dialog("Set password") },
  { name: "database clusters", path: () => "/database-clusters" },
  { name: "a cluster", path: ({ cluster }) => `/database-clusters/${cluster}` },
  { name: "database snapshots", path: () => "/database-snapshots" },
  { name: "the restore form", path: () => "/database-snapshots", act: dialog("Restore before-the-sale") },
  { name: "requests", path: () => "/requests" },
  { name: "nothing", path: () => "/nothing/at/all" },
];

const looks = [
  { name: "in light", theme: "light" },
  { name: "in dark", theme: "dark" },
  { name: "at 390 px", theme: "light", width: 390, height: 844 },
] as const;

describe("console accessibility", function () {
  this.timeout(180_000);
  requires("chromium");
  const console = useConsole({}, { window: "shared" });
  let example: Example;
  before(async function () {
    this.timeout(180_000);
    example = await makeExample(console.server);
  });

  it("finds what is wrong with a page", async () => {
    const { page } = await console.open("/");
    await page.getByLabel("Password").waitFor();
    await page.evaluate("document.querySelector('label').textContent = ''");
    expect(await violations(page)).to.not.deep.equal([]);
  });

  for (const { name: look, ...options } of looks) {
    describe(look, () => {
      let page: Page;
      it("has no violation of axe's rules at the login", async () => {
        ({ page } = await console.open("/", options));
        await page.getByLabel("Password").fill("wrong");
        await page.getByRole("button", { name: "Log in" }).click();
        await page.getByRole("alert").waitFor();
        expect(await violations(page)).to.deep.equal([]);
        await logIn(page, console.server.endpoint);
      });

      for (const { name: title, path, act } of pages) {
        it(`has no violation of axe's rules at ${title}, and is not too wide`, async () => {
          await page.goto(`${console.server.endpoint}/console${path(example)}`);
          await page.getByRole("heading", { level: 1 }).waitFor();
          // Not by a locator: there may be two of them.
          await page.waitForSelector(".loading", { state: "detached" });
          await act?.(page);
          expect(await violations(page)).to.deep.equal([]);
          const tooWide = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
          expect(await page.evaluate(tooWide), "pixels").to.equal(0);
        });
      }
    });
  }
});

describe("console with the keyboard alone", function () {
  this.timeout(180_000);
  requires("chromium");
  const console = useConsole();

  it("logs in, launches, stops and terminates an instance", async () => {
    const { page } = await console.open("/instances");
    await page.getByLabel("Password").waitFor();
    await page.keyboard.type("password");
    await page.keyboard.press("Enter");
    await focusByTab(page, "Launch instance");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Launch instances" }).waitFor();
    await page.keyboard.type("by-keyboard");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "by-keyboard" }).waitFor();
    await page.getByRole("row").filter({ hasText: "by-keyboard" }).getByText("running").waitFor();

    await focusByTab(page, "by-keyboard");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "by-keyboard" }).waitFor();
    await focusByTab(page, "Stop");
    await page.keyboard.press("Enter");
    await page.locator(".page-head").getByText("stopped").waitFor();
    await focusByTab(page, "Terminate");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    await focusByTab(page, "Terminate");
    await page.keyboard.press("Enter");
    await page.locator(".page-head").getByText("terminated").waitFor();
    const { Reservations = [] } = await console.server.ec2.send(new DescribeInstancesCommand({}));
    expect(Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name))).to.deep.equal([
      "terminated",
    ]);
  });

  it("keeps the focus in a dialog, closes it with Escape, and puts the focus back", async () => {
    const { page } = await console.visit("/security-groups");
    await focusByTab(page, "Create security group");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    for (let presses = 0; presses < 12; presses += 1) {
      await page.keyboard.press("Tab");
      const inside = "document.activeElement === document.body || document.activeElement.closest('dialog') !== null";
      expect(await page.evaluate(inside)).to.equal(true);
    }
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focused(page)).to.equal("Create security group");
  });

  it("skips to the content", async () => {
    const { page } = await console.visit("/");
    await page.locator("main#content").waitFor();
    await page.evaluate("document.activeElement.blur()");
    await page.keyboard.press("Tab");
    expect(await focused(page)).to.equal("Skip to the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).to.equal("content");
  });

  it("goes from tab to tab with the arrow keys", async () => {
    const { page } = await console.visit("/instances");
    await page.getByRole("button", { name: "Launch instance" }).click();
    await page.keyboard.type("tabs");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "tabs" }).click();
    await page.getByRole("tab", { name: "Details" }).focus();
    await page.keyboard.press("End");
    expect(await page.getByRole("tab", { name: "Console output" }).getAttribute("aria-selected")).to.equal("true");
    await page.getByRole("tabpanel", { name: "Console output" }).waitFor();
    await page.keyboard.press("ArrowRight");
    expect(await focused(page)).to.equal("Details");
  });
});

const focused = (page: Page) => page.evaluate<string>("document.activeElement?.textContent ?? ''");

async function focusByTab(page: Page, text: string): Promise<void> {
  await page.getByText(text, { exact: true }).last().waitFor();
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    if ((await focused(page)) === text) return;
  }
  throw new Error(`The Tab key does not get to ${text}.`);
}
