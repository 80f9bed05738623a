import { quote } from "./shell.ts";
import { type CloudConfig, isMapping, type Step } from "./steps.ts";

const notDone = "primary security preserve_sources_list disable_suites add_apt_repo_match".split(" ");

/** https://cloudinit.readthedocs.io/en/latest/reference/modules.html#apt-configure */
export function stepsOfApt(apt: unknown): Step[] {
  if (!isMapping(apt)) return [];
  const files = [
    ...fileStep("/etc/apt/apt.conf.d/94cloud-init-config", apt.conf),
    ...fileStep("/etc/apt/apt.conf.d/90cloud-init-aptproxy", proxies(apt)),
    ...fileStep("/etc/apt/sources.list", apt.sources_list),
  ];
  const sources = isMapping(apt.sources) ? Object.entries(apt.sources) : [];
  return [
    ...notDone
      .filter((key) => apt[key] !== undefined && apt[key] !== true)
      .map((key) => ({ name: "apt", shell: `say ${quote(`apt: LocalAWS does nothing for the key ${key}.`)}` })),
    ...files,
    ...sources.flatMap(([name, source]) => (isMapping(source) ? [sourceStep(name, source)] : [])),
    ...selections(apt.debconf_selections),
  ];
}

function proxies(apt: CloudConfig): string | undefined {
  const lines = [
    ...[apt.proxy, apt.http_proxy].flatMap((url) => (url === undefined ? [] : [`Acquire::http::Proxy "${url}";`])),
    ...(apt.https_proxy === undefined ? [] : [`Acquire::https::Proxy "${apt.https_proxy}";`]),
    ...(apt.ftp_proxy === undefined ? [] : [`Acquire::ftp::Proxy "${apt.ftp_proxy}";`]),
  ];
  return lines.length === 0 ? undefined : lines.join("\n");
}

function fileStep(path: string, content: unknown): Step[] {
  if (typeof content !== "string") return [];
  const folder = path.slice(0, path.lastIndexOf("/"));
  return [
    {
      name: `apt ${path}`,
      shell: `${release}\nmkdir -p ${folder} && printf '%s\\n' ${quote(content)} | ${inserted} >${path}`,
    },
  ];
}

const release = `release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
mirror=$(sed -n 's/^deb \\(\\[[^]]*\\] \\)\\{0,1\\}\\([^ ]*\\) .*/\\2/p' /etc/apt/sources.list 2>/dev/null | head -n 1)
key=`;
const inserted = 'sed "s|[$]RELEASE|$release|g; s|[$]MIRROR|$mirror|g; s|[$]KEY_FILE|$key|g"';

function sourceStep(name: string, source: CloudConfig): Step {
  const fileName = String(source.filename ?? `${name}.list`).replace(/^.*\//, "");
  const file = `/etc/apt/sources.list.d/${/\.(list|sources)$/.test(fileName) ? fileName : `${fileName}.list`}`;
  const line = String(source.source ?? "");
  const key = typeof source.key === "string" ? source.key : undefined;
  const keyId = source.keyid === undefined ? undefined : String(source.keyid);
  const server = String(source.keyserver ?? "keyserver.ubuntu.com");
  const keyFile = `/etc/apt/cloud-init.gpg.d/${name.replace(/[^\w.-]/g, "_")}`;
  const trusted = `/etc/apt/trusted.gpg.d/${name.replace(/[^\w.-]/g, "_")}`;
  const signs = line.includes("$KEY_FILE");
  const shell = [release, "mkdir -p /etc/apt/sources.list.d"];
  // apt reads armored keys by that ending, so that it takes no gpg.
  const target = `${signs ? keyFile : trusted}.${key === undefined ? "gpg" : "asc"}`;
  if (key !== undefined || keyId !== undefined) {
    shell.push(`key=${target}`, `mkdir -p ${target.slice(0, target.lastIndexOf("/"))}`);
  }
  if (key !== undefined) shell.push(`printf '%s\\n' ${quote(key)} >${target}`);
  else if (keyId !== undefined) {
    shell.push(
      "command -v gpg >/dev/null || { echo 'apt: a key by its id takes gpg, which the image does not have'; exit 1; }",
      `gpg --batch --no-default-keyring --keyring "$dir/key.gpg" --keyserver ${quote(server)} --recv-keys ${quote(keyId)} && gpg --batch --no-default-keyring --keyring "$dir/key.gpg" --export ${quote(keyId)} >${target} || exit`,
    );
  }
  if (line.startsWith("ppa:")) shell.push(`add-apt-repository --no-update -y ${quote(line)}`);
  else if (line !== "") {
    shell.push(`printf '%s\\n' ${quote(line)} | ${inserted} ${source.append === false ? ">" : ">>"}${quote(file)}`);
  }
  return { name: `apt source ${name}`, shell: shell.join("\n") };
}

function selections(value: unknown): Step[] {
  if (!isMapping(value)) return [];
  const text = Object.values(value).map(String).join("\n");
  return [{ name: "apt debconf_selections", shell: `printf '%s\\n' ${quote(text)} | debconf-set-selections` }];
}
