import { expect } from "chai";
import type { Page } from "playwright-core";
import { requires } from "../support/requirements.ts";
import { logIn } from "./support/browser.ts";
import { useConsole } from "./support/console.ts";

/** Bytes, not compressed; 150 kB gzipped is the limit for all of the console. */
const most = 200_000;

interface Transfer {
  readonly path: string;
  readonly bytes: number;
  readonly initiator: string;
  readonly blocking: string;
}

/** What the page asked for until it was drawn. */
function transfers(page: Page): Promise<Transfer[]> {
  return page.evaluate<
    Transfer[]
  >(`[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map(
    (entry) => ({
      path: new URL(entry.name).pathname.replace(/-[\\w-]{8}\\./, "."),
      bytes: entry.decodedBodySize,
      initiator: entry.initiatorType,
      blocking: entry.renderBlockingStatus,
    }))`);
}

/** What has been painted is told a little later. */
const firstPaint = "performance.getEntriesByName('first-contentful-paint').length === 1";

/** `bench/console.ts` measures the time; these are what makes it short. */
describe("console first paint", () => {
  requires("chromium");
  const console = useConsole();

  it("needs four requests, all of which the page itself names, and few bytes", async () => {
    const { page } = await console.open("/");
    await page.getByLabel("Password").waitFor();
    await page.waitForFunction(firstPaint);
    const asked = await transfers(page);
    const code = asked.filter(({ path }) => path !== "/console/icon.svg");
    expect(code.map(({ path }) => path).toSorted()).to.deep.equal([
      "/console/",
      "/console/assets/index.css",
      "/console/assets/index.js",
      "/console/theme.js",
    ]);
    // An import within a script, or one within a style sheet, would be known only when that has arrived.
    expect(new Set(code.map(({ initiator }) => initiator))).to.deep.equal(new Set(["navigation", "script", "link"]));
    expect(asked.filter(({ blocking }) => blocking === "blocking").map(({ path }) => path)).to.have.members([
      "/console/theme.js",
      "/console/assets/index.css",
    ]);
    expect(code.reduce((sum, { bytes }) => sum + bytes, 0)).to.be.within(50_000, most);
  });

  it("waits for no answer of the API", async () => {
    const { page } = await console.open("/");
    await logIn(page, console.server.endpoint);
    const held: string[] = [];
    const isApi = /\/(?:events|ec2|s3|rds|requests|_localaws)(?:\/|\?|$)/;
    await page.route(isApi, (route) => {
      held.push(new URL(route.request().url()).pathname);
    });
    await page.goto(`${console.server.endpoint}/console/instances`);
    await page.getByRole("heading", { level: 1, name: "Instances" }).waitFor();
    await page.getByRole("navigation", { name: "Sections" }).waitFor();
    await page.waitForFunction(firstPaint);
    expect(held).to.include.members(["/ec2/instances", "/events"]);
  });

  it("asks for what a page shows at once, and for each thing no more than twice", async () => {
    const { page } = await console.open("/");
    await logIn(page, console.server.endpoint);
    // What the overview still asks for is not this page's.
    await page.goto("about:blank");
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(`${console.server.endpoint}/console/instances`);
    await page.locator(".live-state.live").waitFor();
    await page.getByText("No instances yet").waitFor();
    const data = asked.map((url) => new URL(url).pathname).filter((path) => !path.startsWith("/console/"));
    // Again, when the stream of changes has begun: something may have changed before.
    expect(data.toSorted()).to.satisfy(
      (paths: string[]) => paths.length <= 3 && new Set(paths).size === 2,
      `the list, and what changes: ${data}`,
    );
  });
});
