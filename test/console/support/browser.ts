import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Debian's; another one by LOCALAWS_TEST_CHROMIUM. */
const executablePath = process.env.LOCALAWS_TEST_CHROMIUM ?? "/usr/bin/chromium";

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args });
}

export type Theme = "light" | "dark";

export interface WindowOptions {
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
}

export interface ConsoleWindow {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page asked of other hosts than its own; it should ask for nothing. */
  readonly foreignRequests: readonly string[];
  /** Errors of the page's scripts and refusals of its content security policy. */
  readonly errors: readonly string[];
}

/** A window with nothing stored, at the console. */
export async function openWindow(
  browser: Browser,
  endpoint: string,
  options: WindowOptions = {},
): Promise<ConsoleWindow> {
  const { theme = "light", width = 1280, height = 800 } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    acceptDownloads: true,
    locale: "en-GB",
    timezoneId: "UTC",
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: endpoint });
  const page = await context.newPage();
  const foreignRequests: string[] = [];
  const errors: string[] = [];
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol.startsWith("http") && host !== new URL(endpoint).host) foreignRequests.push(request.url());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy|Refused/.test(message.text()))
      errors.push(message.text());
  });
  return { page, context, foreignRequests, errors };
}

export async function logIn(page: Page, endpoint: string, path = "/console/", password = "password"): Promise<void> {
  await page.goto(endpoint + path);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator("main#content").waitFor();
}
