import Docker from "dockerode";

/** What the drivers need to know of the engine that they talk to; read once, at start. */
export interface Engine {
  readonly docker: Docker;
  /** The hardware threads that a container can be given at the most. */
  readonly cpus: number;
  /** Whether it sees the files of this host. */
  readonly isLocal: boolean;
  /** Sentences for `localaws status`. */
  readonly limitations: readonly string[];
}

interface EngineInfo {
  readonly NCPU: number;
  readonly OSType?: string;
  readonly OperatingSystem?: string;
  readonly SecurityOptions?: readonly string[] | null;
  readonly MemoryLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
}

/**
 * Finds the engine where Docker's own clients look for it (`DOCKER_HOST`, else the default socket): Docker, Podman,
 * Colima. `timeout` in milliseconds.
 * @throws Error with a sentence for people when none answers in that time, or when it runs no Linux containers
 */
export async function connectEngine(timeout: number): Promise<Engine> {
  let docker: Docker;
  let info: EngineInfo;
  try {
    docker = new Docker();
    info = await new Docker({ timeout }).info();
  } catch (error) {
    throw new Error(`No Docker engine answers: ${engineWords(error)}`, { cause: error });
  }
  if (info.OSType !== undefined && info.OSType !== "linux") {
    throw new Error(`The Docker engine runs ${info.OSType} containers; LocalAWS needs one that runs Linux containers.`);
  }
  const host = engineHost(docker);
  return { docker, cpus: info.NCPU, isLocal: isThisHost(host), limitations: engineLimitations(info, host) };
}

/** Of an engine that is reached by TCP or SSH; dockerode's types do not tell. */
function engineHost({ modem }: Docker): string | undefined {
  return "host" in modem && typeof modem.host === "string" ? modem.host : undefined;
}

function isThisHost(host: string | undefined): boolean {
  return host === undefined || /^(localhost|127\..*|\[?::1\]?)$/.test(host);
}

function engineLimitations(info: EngineInfo, host: string | undefined): string[] {
  const limitations: string[] = [];
  if (!isThisHost(host)) {
    limitations.push(`The engine is on ${host}: databases listen on that host, not on this one.`);
    limitations.push("The engine does not see this host's files: volumes hold nothing.");
  }
  const rootless = info.SecurityOptions?.some((option) => option.includes("name=rootless")) === true;
  if (rootless || info.OperatingSystem === "Docker Desktop") {
    limitations.push("The engine keeps its networks to itself: private addresses cannot be reached from this host.");
  }
  if (info.MemoryLimit === false) limitations.push("The engine does not limit the memory of instances and databases.");
  if (info.CpuCfsQuota === false) limitations.push("The engine does not limit the CPUs of instances and databases.");
  return limitations;
}

/** The HTTP status of the engine's answer that `error` tells of; none when there was no answer. */
export function engineStatus(error: unknown): number | undefined {
  const status: unknown = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  return typeof status === "number" ? status : undefined;
}

/** What the engine itself said, without what dockerode puts around it. */
export function engineWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const said: unknown = "json" in error ? error.json : undefined;
  if (typeof said === "object" && said !== null && "message" in said && typeof said.message === "string") {
    return said.message.trim();
  }
  return error.message.replace(/^\(HTTP code \d+\) .*? - /, "").trim();
}

/** Awaits a call to the engine; an answer of one of `statuses` is no error, but `undefined`. */
export async function unlessStatus<T>(call: Promise<T>, ...statuses: number[]): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (statuses.includes(engineStatus(error) ?? 0)) return undefined;
    throw error;
  }
}
