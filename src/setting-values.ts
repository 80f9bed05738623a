export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** When it is taken, the start goes on without it and says so. */
  readonly optional?: boolean;
}

/** The first and the last port, both within. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** A value that cannot be used; the message says what to write instead. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export function parseListen(text: string): ListenAddress[] {
  return text.split(",").map((part) => {
    const match = /^(?:(?:\[(?<ipv6>[0-9a-f:.]+)\]|(?<host>[\w.-]+)):)?(?<port>\d{1,5})$/i.exec(part.trim());
    const { ipv6, host, port } = match?.groups ?? {};
    if (port === undefined || Number(port) > 65_535) {
      throw new ConfigError(
        `"${part.trim()}" is no address to listen at: write HOST:PORT, such as 127.0.0.1:4566 or [::1]:4566; separate several with commas`,
      );
    }
    return { host: ipv6 ?? host ?? "127.0.0.1", port: Number(port) };
  });
}

export function parsePortRange(text: string): PortRange {
  const [, first = 0, last = 0] = (/^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []).map(Number);
  if (first < 1024 || last > 65_535 || first > last) {
    throw new ConfigError(`"${text}" is no range of ports: write one such as 4510-4559, from 1024 to 65535`);
  }
  return { first, last };
}

export function parseSshListen(text: string): ListenAddress | undefined {
  if (text === "off") return undefined;
  const [address, ...others] = parseListen(text);
  if (others.length > 0) throw new ConfigError("the SSH gateway listens at one address: write one, or off");
  return address;
}

export function parseCredentials(text: string) {
  return text.split(",").map((part) => {
    const [accessKeyId, secretAccessKey, account, ...rest] = part.trim().split(":");
    if (!accessKeyId || !secretAccessKey || rest.length > 0) {
      // The text may hold a secret: it is not repeated.
      throw new ConfigError(
        "write key:secret or key:secret:account, such as AKIAEXAMPLE:secret; separate several with commas",
      );
    }
    return { accessKeyId, secretAccessKey, ...(account ? { accountId: parseAccountId(account) } : {}) };
  });
}

export function parsePassword(text: string): string {
  if (text.length > 1024) throw new ConfigError("the password is too long: write at most 1,024 characters");
  return text;
}

export function parseOrigins(text: string): string[] {
  return text.split(",").map((part) => {
    const origin = part.trim();
    if (origin === "*" || (URL.canParse(origin) && new URL(origin).origin === origin)) return origin;
    throw new ConfigError(`"${origin}" is no origin: write one such as https://example.com, or *`);
  });
}

export function parseHosts(text: string): string[] {
  return text.split(",").map((part) => {
    const name = part.trim().toLowerCase();
    if (name === "*" || /^(?:[\w-]+(?:\.[\w-]+)*|\[[0-9a-f:.]+\])$/.test(name)) return name;
    throw new ConfigError(`"${name}" is no host name: write one such as localaws.test, without a port, or *`);
  });
}

export function parseAccountId(text: string): string {
  return matching(/^\d{12}$/, "an account id: write twelve digits, such as 000000000000")(text);
}

/** As milliseconds. */
export function secondsBetween(least: number, most: number, what: string) {
  return (text: string): number => {
    const seconds = Number(text);
    if (!(seconds >= least && seconds <= most)) {
      throw new ConfigError(`"${text}" is no ${what}: write seconds from ${least} to ${most}`);
    }
    return Math.round(seconds * 1000);
  };
}

export function parseWebhooks(text: string): string[] {
  return text.split(",").map((part) => {
    const url = URL.canParse(part.trim()) ? new URL(part.trim()) : undefined;
    if (url?.protocol !== "http:" && url?.protocol !== "https:") {
      throw new ConfigError(
        `"${part.trim()}" is no webhook: write a URL such as http://127.0.0.1:8080/events; separate several with commas`,
      );
    }
    // The text may hold a secret: it is not repeated.
    if (url.username !== "" || url.password !== "") {
      throw new ConfigError("a webhook's URL may not hold a user name or a password: put what it needs into its path");
    }
    return url.href;
  });
}

export function matching(pattern: RegExp, expected: string) {
  return (text: string): string => {
    if (!pattern.test(text)) throw new ConfigError(`"${text}" is not ${expected}`);
    return text;
  };
}

export function oneOf<const Choice extends string>(...choices: readonly Choice[]) {
  return (text: string): Choice => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice === undefined) throw new ConfigError(`"${text}" is not one of ${choices.join(", ")}`);
    return choice;
  };
}
