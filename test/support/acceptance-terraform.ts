import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { clientEnvironment, ownFolder, run } from "./acceptance.ts";
import { requires } from "./requirements.ts";
import { startLocalAws, type TestServer } from "./server.ts";
import { providerMirror } from "./terraform-mirror.ts";
import { TerraformProvider } from "./terraform-provider.ts";

export interface TerraformTest {
  /** Only within a test. */
  readonly aws: TestServer;
  /** Terraform with the suite's configuration, which works on `aws`. */
  init(variables?: Readonly<Record<string, string>>): Promise<TerraformFolder>;
}

/** For the body of a suite: a LocalAWS on the records runtime for its tests, and a configuration of Terraform's for it. */
export function useTerraform(configuration: URL): TerraformTest {
  requires("terraform");
  const init = ownTerraform(configuration);
  let started: TestServer | undefined;
  before(async () => {
    started = await startLocalAws({ runtime: "records" });
  });
  after(() => started?.stop());
  const server = () => {
    if (started === undefined) throw new Error("There is a server within a test alone.");
    return started;
  };
  return {
    get aws() {
      return server();
    },
    init: (variables = {}) => init(variables, clientEnvironment(server().endpoint)),
  };
}

/** For the body of a suite: has a configuration initialized, in a folder that is there for its tests. */
export function ownTerraform(
  configuration: URL,
): (variables: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv) => Promise<TerraformFolder> {
  let terraform: TerraformFolder | undefined;
  after(() => terraform?.close());
  const folder = ownFolder();
  return async (variables, env) => {
    await cp(fileURLToPath(configuration), folder.path, { recursive: true });
    terraform = await TerraformFolder.init(folder.path, env);
    await terraform.setVariables(variables);
    return terraform;
  };
}

const quiet = ["-input=false", "-no-color"];

/** A folder with a configuration, in which Terraform works with the providers of this machine alone. */
export class TerraformFolder {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  #provider: TerraformProvider | undefined;

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#env = env;
  }

  /** Initializes `folder`. */
  static async init(folder: string, clientEnv: NodeJS.ProcessEnv): Promise<TerraformFolder> {
    const path = JSON.stringify(providerMirror());
    const cliConfig = join(folder, "cli.tfrc");
    await writeFile(cliConfig, `provider_installation {\n  filesystem_mirror {\n    path = ${path}\n  }\n}\n`);
    // It ends before its garbage is worth to be collected.
    const env = { ...clientEnv, TF_CLI_CONFIG_FILE: cliConfig, CHECKPOINT_DISABLE: "1", GOGC: "400" };
    const terraform = new TerraformFolder(folder, env);
    await terraform.#run(["init"]);
    terraform.#provider = await TerraformProvider.start(folder, env);
    return terraform;
  }

  async close(): Promise<void> {
    await this.#provider?.stop();
  }

  /** For what is applied and planned from now on. */
  async setVariables(variables: Readonly<Record<string, string>>): Promise<void> {
    await writeFile(join(this.#folder, "terraform.tfvars.json"), JSON.stringify(variables));
  }

  async apply(): Promise<void> {
    await this.#run(["apply", ...quiet, "-auto-approve", "-parallelism=20"]);
  }

  /** What a plan would change, in Terraform's words; empty when nothing. */
  async changes(): Promise<string> {
    // 2: there are changes.
    const plan = await this.#run(["plan", ...quiet, "-detailed-exitcode"], [0, 2]);
    return plan.includes("No changes.") ? "" : plan;
  }

  async destroy(): Promise<void> {
    await this.#run(["destroy", ...quiet, "-auto-approve", "-parallelism=20"]);
  }

  async outputs(): Promise<Record<string, { value: unknown }>> {
    return JSON.parse(await this.#run(["output", "-json"]));
  }

  #run(args: readonly string[], exitCodes: readonly number[] = [0]): Promise<string> {
    const env = { ...this.#env, ...this.#provider?.env };
    return run("terraform", args, { env, cwd: this.#folder, exitCodes });
  }
}
