import { stepsOfApt } from "./cloud-config-apt.ts";
import { quote } from "./shell.ts";
import { type CloudConfig, isMapping, listOf, type Step } from "./steps.ts";

/** Where packages come from, and which are installed: https://cloudinit.readthedocs.io/en/latest/reference/modules.html */
export function stepsOfPackages(config: CloudConfig): Step[] {
  return [
    ...stepsOfApt(config.apt),
    ...stepsOfYum(config),
    ...stepsOfApk(config.apk_repos),
    ...stepsOfInstallation(config),
  ];
}

const packageTools = `if command -v apt-get >/dev/null; then tool=apt; export DEBIAN_FRONTEND=noninteractive
elif command -v apk >/dev/null; then tool=apk
elif command -v dnf >/dev/null; then tool=dnf
elif command -v yum >/dev/null; then tool=yum
elif command -v zypper >/dev/null; then tool=zypper
else echo 'packages: the image has none of apt-get, apk, dnf, yum and zypper'; exit 1; fi
`;

function stepsOfInstallation(config: CloudConfig): Step[] {
  const packages = listOf(config.packages).flatMap((entry) =>
    // `{apt: [...]}` names a tool; it is taken for whichever the image has.
    isMapping(entry) ? Object.values(entry).flat() : [entry],
  );
  const update = config.package_update === true || config.apt_update === true || packages.length > 0;
  const upgrade = config.package_upgrade === true || config.apt_upgrade === true;
  if (!update && !upgrade) return [];
  const words = (join: string) =>
    packages.map((entry) => quote(Array.isArray(entry) ? entry.map(String).join(join) : String(entry))).join(" ");
  const install =
    packages.length === 0
      ? ""
      : `apt) apt-get install -y ${words("=")} ;;
apk) apk add ${words("=")} ;;
dnf|yum) $tool install -y ${words("-")} ;;
zypper) zypper -n install ${words("=")} ;;`;
  return [
    {
      name: "packages",
      shell: `${packageTools}case $tool in
apt) apt-get update ;;
apk) apk update ;;
zypper) zypper -n refresh ;;
esac
${upgrade ? "case $tool in apt) apt-get upgrade -y ;; apk) apk upgrade ;; dnf|yum) $tool upgrade -y ;; zypper) zypper -n update ;; esac\n" : ""}${install === "" ? "" : `case $tool in\n${install}\nesac`}`,
    },
  ];
}

/** https://cloudinit.readthedocs.io/en/latest/reference/modules.html#yum-add-repo */
function stepsOfYum({ yum_repos: repos, yum_repo_dir: folder = "/etc/yum.repos.d" }: CloudConfig): Step[] {
  if (!isMapping(repos)) return [];
  return Object.entries(repos).flatMap(([id, repo]) => {
    if (!isMapping(repo)) return [];
    if (["baseurl", "metalink", "mirrorlist"].every((key) => repo[key] === undefined)) {
      return [{ name: `yum_repos ${id}`, shell: "echo 'It has none of baseurl, metalink and mirrorlist.'; exit 1" }];
    }
    const lines = Object.entries(repo).map(([key, value]) => `${key} = ${iniValue(value)}`);
    const file = `${String(folder)}/${id.replace(/[^\w.-]+/g, "-")}.repo`;
    const text = [`[${id.replace(/[^\w.-]+/g, "-")}]`, ...lines, ""].join("\n");
    return [
      {
        name: `yum_repos ${id}`,
        shell: `file=${quote(file)}
[ ! -e "$file" ] || { say "yum_repos: $file is there already."; exit 0; }
mkdir -p ${quote(String(folder))} && printf %s ${quote(text)} >"$file"`,
      },
    ];
  });
}

function iniValue(value: unknown): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return listOf(value).map(String).join("\n    ");
}

/** https://cloudinit.readthedocs.io/en/latest/reference/modules.html#apk-configure */
function stepsOfApk(repos: unknown): Step[] {
  if (!isMapping(repos) || repos.preserve_repositories === true) return [];
  const lines: string[] = [];
  const { alpine_repo: alpine, local_repo_base_url: local } = repos;
  if (isMapping(alpine)) {
    const base = String(alpine.base_url ?? "https://alpine.global.ssl.fastly.net/alpine");
    const version = String(alpine.version ?? "latest-stable");
    lines.push(`${base}/${version}/main`);
    if (alpine.community_enabled === true) lines.push(`${base}/${version}/community`);
    if (alpine.testing_enabled === true) lines.push(`${base}/edge/testing`);
  }
  if (typeof local === "string") lines.push(local);
  if (lines.length === 0) return [];
  return [
    {
      name: "apk_repos",
      shell: `mkdir -p /etc/apk && printf '%s\\n' ${lines.map(quote).join(" ")} >/etc/apk/repositories`,
    },
  ];
}
