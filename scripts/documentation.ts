import { readFileSync } from "node:fs";
import { type Setting, settingNames, settings } from "../src/config.ts";
import { services } from "../src/services/index.ts";
import type { Service } from "../src/services/service.ts";

const generated = "<!-- Made by `npm run docs`: change the source, not this file. -->";

/** The documents that are made from the source: their text by their path. */
export async function documentation(): Promise<Record<string, string>> {
  return {
    "README.md": readme(),
    "docs/configuration.md": configuration(),
    "docs/operations.md": await operations(),
  };
}

/** Written by hand, but for the table of the settings. */
function readme(): string {
  const rows = settingNames.map((name) => {
    const { variable, description, default: standing }: Setting<unknown> = settings[name];
    return row(`\`${variable}\``, standing ? `\`${standing}\`` : "", description);
  });
  const table = ["| variable | default | meaning |", "|---|---|---|", ...rows].join("\n");
  const between = /(?<=<!-- settings -->\n).*(?=<!-- \/settings -->)/s;
  return readFileSync(new URL("../README.md", import.meta.url), "utf8").replace(between, () => `${table}\n`);
}

function configuration(): string {
  const rows = settingNames.map((name) => {
    const { flag, variable, description, default: standing }: Setting<unknown> = settings[name];
    return row(`\`${flag}\``, `\`${variable}\``, standing ? `\`${standing}\`` : "", description);
  });
  return `${generated}

# Configuration

A setting is an option of \`localaws start\` or an environment variable; the option wins. An empty variable counts as not set.
A value that cannot be used ends the start with a sentence that says what to write instead.

| option | variable | default | meaning |
|---|---|---|---|
${rows.join("\n")}
`;
}

function row(...cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

async function operations(): Promise<string> {
  const parts = await Promise.all(services.map((service) => operationsOf(service)));
  return `${generated}

# Emulated operations

Every operation that the AWS SDK for JavaScript knows is understood. One that is not listed here answers
\`NotImplemented\` with status 501, in AWS's error shape.

${parts.join("\n")}`;
}

async function operationsOf(service: Service): Promise<string> {
  const { sdk, operations } = await service.load();
  const known = Object.keys(sdk).filter((name) => name.endsWith("Command") && name !== "$Command");
  const emulated = Object.keys(operations).sort();
  const notes = notesOf(service.name);
  return [
    `## ${service.name}: ${emulated.length} of ${known.length}`,
    "",
    ...(notes === "" ? [] : [notes, ""]),
    ...emulated.map((name) => `- ${name}`),
    ...(emulated.length === 0 ? [] : [""]),
  ].join("\n");
}

/** The comment that a service's `index.ts` opens with: what it emulates, its gaps, what is so by design. */
function notesOf(name: string): string {
  const source = readFileSync(new URL(`../src/services/${name}/index.ts`, import.meta.url), "utf8");
  const comment = /^\/\*\*\n?(?<text>.*?)\s*\*\//ms.exec(source)?.groups?.text ?? "";
  return comment
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, ""))
    .join("\n")
    .trim();
}
