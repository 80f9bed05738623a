import type { Browser, Page } from "playwright-core";
import type { SettingName } from "../../../src/config.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { type ConsoleWindow, launchBrowser, logIn, openWindow, type WindowOptions } from "./browser.ts";
import { ensureConsole } from "./built-console.ts";

export interface ConsoleTest {
  /** Only within a test. */
  readonly server: TestServer;
  /** A window of its own for a test, logged in, at a page: `/instances`. */
  visit(path: string, options?: WindowOptions): Promise<ConsoleWindow>;
  /** The same before anybody has logged in. */
  open(path: string, options?: WindowOptions): Promise<ConsoleWindow>;
}

/** For the body of a `describe`: a server and a browser for its tests. `shared`: windows stay for the tests that follow. */
export function useConsole(
  settings: Partial<Record<SettingName, string>> = {},
  { window = "own" }: { window?: "own" | "shared" } = {},
): ConsoleTest {
  let browser: Browser | undefined;
  let server: TestServer | undefined;
  const windows: ConsoleWindow[] = [];
  before("start a server and a browser", async function () {
    this.timeout(180_000);
    await ensureConsole();
    server = await startLocalAws(settings);
    browser = await launchBrowser();
  });
  afterEach(async () => {
    if (window === "own") for (const { context } of windows.splice(0)) await context.close();
  });
  after(async function () {
    this.timeout(180_000);
    await browser?.close();
    await server?.server.reset();
    await server?.stop();
  });
  const running = () => {
    if (server === undefined || browser === undefined) throw new Error("There is a server within a test alone.");
    return { server, browser };
  };
  const open = async (options?: WindowOptions) => {
    const { server, browser } = running();
    const opened = await openWindow(browser, server.endpoint, options);
    opened.page.setDefaultTimeout(30_000);
    windows.push(opened);
    return opened;
  };
  return {
    get server() {
      return running().server;
    },
    async visit(path, options) {
      const opened = await open(options);
      await logIn(opened.page, running().server.endpoint, `/console${path}`);
      return opened;
    },
    async open(path, options) {
      const opened = await open(options);
      await opened.page.goto(`${running().server.endpoint}/console${path}`);
      return opened;
    },
  };
}

/** Drops files and folders of the disk on an element, as a person would from a file manager. */
export async function drop(page: Page, selector: string, files: readonly string[]): Promise<void> {
  const box = await page.locator(selector).boundingBox();
  if (box === null) throw new Error(`There is no ${selector} to drop anything on.`);
  const session = await page.context().newCDPSession(page);
  const [x, y] = [box.x + box.width / 2, box.y + Math.min(box.height / 2, 300)];
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) {
    await session.send("Input.dispatchDragEvent", { type, x, y, data });
  }
  await session.detach();
}

export function clipboard(page: Page): Promise<string> {
  return page.evaluate("navigator.clipboard.readText()");
}
