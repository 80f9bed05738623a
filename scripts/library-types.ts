import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * Writes the declarations of the library: `src/index.ts`'s and those that it refers to. What it imports is the whole server,
 * whose types take most of a build to find out and which no declaration names: it is read alone, and then what it names.
 */
export function writeLibraryTypes(root: string, folder: string): void {
  const all = mkdtempSync(join(tmpdir(), "localaws-types-"));
  const project = join(all, "tsconfig.json");
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  /** Into `all`, of these files of `src`, and of those that they import where `options` do not say otherwise. */
  const declare = (names: readonly string[], options: object = {}): void => {
    const compilerOptions = {
      ...{ noEmit: false, incremental: false, declaration: true, emitDeclarationOnly: true },
      ...{ rootDir: join(root, "src"), outDir: all, types: ["node"], typeRoots: [join(root, "node_modules/@types")] },
      ...options,
    };
    const files = names.map((name) => join(root, "src", `${name}.ts`));
    writeFileSync(
      project,
      JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, include: [], files }),
    );
    execFileSync(process.execPath, [tsc, "-p", project], { stdio: ["ignore", "inherit", "inherit"] });
  };
  try {
    // It is an error where a declaration would have to be inferred of what is not read.
    declare(["index"], { noResolve: true, noCheck: true, isolatedDeclarations: true });
    declare(named(all, "index"));
    const wanted = new Set(["index"]);
    for (const name of wanted) {
      for (const other of named(all, name)) wanted.add(other);
      const target = join(folder, `${name}.d.ts`);
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(join(all, `${name}.d.ts`), target);
    }
  } finally {
    rmSync(all, { recursive: true });
  }
}

/** The files that the declarations of a file refer to. */
function named(folder: string, name: string): string[] {
  const text = readFileSync(join(folder, `${name}.d.ts`), "utf8");
  return [...text.matchAll(/from "(\.[^"]*)\.ts"/g)].map(([, path = ""]) => join(dirname(name), path));
}
