import { expect } from "chai";
import { requires } from "../support/requirements.ts";
import { logIn } from "./support/browser.ts";
import { useConsole } from "./support/console.ts";

describe("console session", () => {
  requires("chromium");
  const console = useConsole();

  it("says that the password is wrong, where it was typed", async () => {
    const { page } = await console.open("/");
    await page.getByLabel("Password").fill("not it");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").getByText("The user name or the password is wrong.").waitFor();
    expect(await page.getByLabel("Password").inputValue()).to.equal("not it");
  });

  it("goes to the address that was asked for, after the login", async () => {
    const { page } = await console.visit("/security-groups");
    await page.getByRole("heading", { level: 1, name: "Security groups" }).waitFor();
    expect(new URL(page.url()).pathname).to.equal("/console/security-groups");
  });

  it("asks for the password when the token is refused, and goes on where one was", async () => {
    const { page } = await console.visit("/buckets");
    await page.evaluate('sessionStorage.setItem("localaws.token", "forged.token.here")');
    await page.reload();
    await page.getByText("The session has ended.").waitFor();
    await page.getByLabel("Password").fill("password");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { level: 1, name: "Buckets" }).waitFor();
  });

  it("keeps the session over a reload, and from other tabs", async () => {
    const { page, context } = await console.visit("/key-pairs");
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Key pairs" }).waitFor();
    const other = await context.newPage();
    await other.goto(page.url());
    await other.getByLabel("Password").waitFor();
    expect(await page.evaluate("localStorage.length")).to.equal(0);
  });

  it("forgets the session at logout", async () => {
    const { page } = await console.visit("/");
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByLabel("Password").waitFor();
    expect(await page.evaluate("sessionStorage.length")).to.equal(0);
    await page.reload();
    await page.getByLabel("Password").waitFor();
  });

  it("asks no other host for anything, on any page, and breaks no rule of its policy", async () => {
    const { page, foreignRequests, errors } = await console.open("/");
    await logIn(page, console.server.endpoint);
    const pages = ["", "instances", "key-pairs", "security-groups", "volumes", "vpcs", "buckets", "databases"];
    for (const path of [...pages, "database-clusters", "database-snapshots", "requests"]) {
      await page.goto(`${console.server.endpoint}/console/${path}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.locator(".live-state.live").waitFor();
    }
    expect(foreignRequests).to.deep.equal([]);
    expect(errors).to.deep.equal([]);
  });

  it("keeps a theme that was chosen, from the first paint on", async () => {
    const { page } = await console.visit("/", { theme: "light" });
    const background = () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    const light = await background();
    await page.getByRole("button", { name: "Dark theme" }).click();
    expect(await background()).to.not.equal(light);
    await page.reload({ waitUntil: "commit" });
    await page.locator("html[data-theme=dark]").waitFor({ state: "attached" });
  });
});
