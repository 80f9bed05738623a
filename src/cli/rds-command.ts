import type { Command } from "commander";
import { CertificateAuthority } from "../runtime/certificate-authority.ts";
import { addSettings, configOf } from "./settings-options.ts";

export function addRds(program: Command): void {
  const rds = program.command("rds").description("What clients of the databases need.");
  const ca = rds
    .command("ca")
    .description("Print the certificate that vouches for the databases' servers, for sslrootcert and the like (PEM).");
  addSettings(ca, ["dataDir"]).action(async (typed) => {
    process.stdout.write((await CertificateAuthority.open(configOf(typed).dataDir)).certificate);
  });
}
