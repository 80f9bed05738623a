import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { clientEnvironment, ownFolder, run } from "./acceptance.ts";
import { requires } from "./requirements.ts";
import { startLocalAws, type TestServer } from "./server.ts";
import { providerMirror } from "./terraform-mirror.ts";

export interface TerraformTest {
  /** Only within a test. */
  readonly aws: TestServer;
  /** Terraform with the suite's configuration, which works on `aws`. */
  init(variables?: Readonly<Record<string, string>>): Promise<TerraformFolder>;
}

/** For the body of a suite: a LocalAWS on the records runtime for its tests, and a configuration of Terraform's for it. */
export function useTerraform(configuration: URL): TerraformTest {
  requires("terraform");
  const folder = ownFolder();
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
    init: (variables = {}) =>
      TerraformFolder.init({
        ...{ folder: folder.path, configuration: fileURLToPath(configuration), variables },
        env: clientEnvironment(server().endpoint),
      }),
  };
}

/** A folder with a configuration, in which Terraform works with the providers of this machine alone. */
export class TerraformFolder {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#env = env;
  }

  /** Copies `configuration` into `folder`, and has it initialized. */
  static async init(options: {
    folder: string;
    configuration: string;
    variables: Readonly<Record<string, string>>;
    env: NodeJS.ProcessEnv;
  }): Promise<TerraformFolder> {
    const { folder, configuration, variables, env } = options;
    await cp(configuration, folder, { recursive: true });
    const path = JSON.stringify(providerMirror());
    const cliConfig = join(folder, "cli.tfrc");
    await writeFile(cliConfig, `provider_installation {\n  filesystem_mirror {\n    path = ${path}\n  }\n}\n`);
    const terraform = new TerraformFolder(folder, { ...env, TF_CLI_CONFIG_FILE: cliConfig, CHECKPOINT_DISABLE: "1" });
    await terraform.setVariables(variables);
    await terraform.#run(["init"]);
    return terraform;
  }

  /** For what is applied and planned from now on. */
  async setVariables(variables: Readonly<Record<string, string>>): Promise<void> {
    await writeFile(join(this.#folder, "terraform.tfvars.json"), JSON.stringify(variables));
  }

  async apply(): Promise<void> {
    await this.#run(["apply", "-auto-approve", "-parallelism=20"]);
  }

  /** What a plan would change, in Terraform's words; empty when nothing. */
  async changes(): Promise<string> {
    // 2: there are changes.
    const plan = await this.#run(["plan", "-detailed-exitcode"], [0, 2]);
    return plan.includes("No changes.") ? "" : plan;
  }

  async destroy(): Promise<void> {
    await this.#run(["destroy", "-auto-approve", "-parallelism=20"]);
  }

  async outputs(): Promise<Record<string, { value: unknown }>> {
    return JSON.parse(await run("terraform", ["output", "-json"], { env: this.#env, cwd: this.#folder }));
  }

  #run([command = "", ...options]: string[], exitCodes: readonly number[] = [0]): Promise<string> {
    const args = [command, "-input=false", "-no-color", ...options];
    return run("terraform", args, { env: this.#env, cwd: this.#folder, exitCodes });
  }
}
