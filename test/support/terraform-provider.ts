import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/**
 * Terraform's AWS provider as a process that stays: Terraform's commands start one each otherwise, most of them several in turn, and
 * each start takes seconds of a processor. One goes with one endpoint, since each command configures it.
 * https://developer.hashicorp.com/terraform/plugin/debugging#starting-a-provider-in-debug-mode
 */
export class TerraformProvider {
  /** With which Terraform finds it. */
  readonly env: NodeJS.ProcessEnv;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, attach: string) {
    this.#process = process;
    this.env = { TF_REATTACH_PROVIDERS: attach };
  }

  /** That which `terraform init` has put into `folder`. */
  static async start(folder: string, env: NodeJS.ProcessEnv): Promise<TerraformProvider> {
    const child = spawn(providerIn(folder), ["-debug"], {
      // Most of its work beside the requests would be collecting garbage and writing a log.
      env: { ...env, GOGC: "400", TF_LOG_SDK: "off", TF_LOG_SDK_PROTO: "off", TF_LOG_PROVIDER: "off" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const killWithTests = () => child.kill("SIGKILL");
    process.once("exit", killWithTests);
    child.once("exit", () => process.off("exit", killWithTests));
    const lines = createInterface({ input: child.stdout });
    const attach = new Promise<string>((resolve) => {
      lines.on("line", (line) => {
        const [, value] = /TF_REATTACH_PROVIDERS='(.*)'/.exec(line) ?? [];
        if (value !== undefined) resolve(value);
      });
    });
    const ended = once(child, "close").then(() => undefined);
    const value = await Promise.race([attach, ended]);
    if (value === undefined) throw new Error("Terraform's AWS provider ended before it was there.");
    return new TerraformProvider(child, value);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const end = once(this.#process, "close");
    this.#process.kill("SIGINT");
    await end;
  }
}

/** https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror: <host>/<namespace>/<type>/<version>/<target> */
function providerIn(folder: string): string {
  const root = join(folder, ".terraform", "providers", "registry.terraform.io", "hashicorp", "aws");
  const [version = ""] = readdirSync(root);
  const [target = ""] = readdirSync(join(root, version));
  const place = join(root, version, target);
  const program = readdirSync(place).find((name) => name.startsWith("terraform-provider-aws"));
  return join(place, program ?? "terraform-provider-aws");
}
