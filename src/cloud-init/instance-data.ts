/** What `cloud-init query` and `## template: jinja` know: https://cloudinit.readthedocs.io/en/latest/explanation/instancedata.html */
export interface InstanceFacts {
  readonly instanceId: string;
  readonly region: string;
  readonly availabilityZone: string;
  readonly hostName: string;
  readonly publicKeys: readonly string[];
  /** What the metadata service shows below `meta-data`, as far as it is text. */
  readonly metaData: MetaData;
}

export interface MetaData {
  readonly [name: string]: string | MetaData;
}

/** As `/run/cloud-init/instance-data.json` has it; what depends on the image is not known. */
export function instanceData(facts: InstanceFacts): Record<string, unknown> {
  const v1 = {
    availability_zone: facts.availabilityZone,
    cloud_id: "aws",
    cloud_name: "aws",
    instance_id: facts.instanceId,
    local_hostname: facts.hostName,
    platform: "ec2",
    public_ssh_keys: facts.publicKeys,
    region: facts.region,
    subplatform: "metadata (http://169.254.169.254)",
  };
  const hyphened = Object.entries(v1).map(([name, value]) => [name.replaceAll("_", "-"), value]);
  return {
    ...v1,
    base64_encoded_keys: [],
    ds: { meta_data: facts.metaData },
    sensitive_keys: [],
    v1: { _beta_keys: ["subplatform"], ...Object.fromEntries(hyphened), ...v1 },
    vendordata: "",
  };
}

/** With what has a name that a template cannot write, such as `cloud-name`, also under one with underscores. */
export function withAliases(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = Object.entries(data).map(([name, value]): [string, unknown] => [name, aliased(value)]);
  return Object.fromEntries([...entries.map(([name, value]): [string, unknown] => [alias(name), value]), ...entries]);
}

function aliased(value: unknown): unknown {
  return value === null || typeof value !== "object" || Array.isArray(value) ? value : withAliases({ ...value });
}

/** A line a value, the path and the value with a tab between them: what a shell can look up. */
export function valueLines(data: unknown, path: readonly string[] = []): string[] {
  const own = path.length === 0 ? [] : [`${path.map(alias).join(".")}\t${textOf(data)}`];
  if (data === null || typeof data !== "object" || Array.isArray(data)) return own;
  return [...own, ...Object.entries(data).flatMap(([name, value]) => valueLines(value, [...path, name]))];
}

function textOf(value: unknown): string {
  return typeof value === "string" && !value.includes("\n") ? value : JSON.stringify(value);
}

function alias(name: string): string {
  return name.replace(/\W/g, "_");
}
