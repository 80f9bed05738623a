import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * Writes the declarations of the library: `src/index.ts`'s and those that it refers to. TypeScript makes one for every file
 * of the program, which nobody needs.
 */
export function writeLibraryTypes(root: string, folder: string): void {
  const all = mkdtempSync(join(tmpdir(), "localaws-types-"));
  try {
    const project = join(all, "tsconfig.json");
    const compilerOptions = {
      ...{ noEmit: false, declaration: true, emitDeclarationOnly: true },
      ...{ rootDir: join(root, "src"), outDir: all, types: ["node"], typeRoots: [join(root, "node_modules/@types")] },
    };
    const include = [join(root, "src/index.ts")];
    writeFileSync(project, JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, include }));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    // Of the other files some have no declarations, which ends it with an error; one that is missed below is missed there.
    spawnSync(process.execPath, [tsc, "-p", project], { stdio: "ignore" });
    const wanted = new Set([join(all, "index.d.ts")]);
    for (const file of wanted) {
      const text = readFileSync(file, "utf8");
      for (const [, path = ""] of text.matchAll(/from "(\.[^"]*)\.ts"/g))
        wanted.add(join(dirname(file), `${path}.d.ts`));
      const target = join(folder, file.slice(all.length));
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(file, target);
    }
  } finally {
    rmSync(all, { recursive: true });
  }
}
