interface Place {
  readonly accountId: string;
  readonly region: string;
}

/** `kind` as RDS has it in ARNs: `db`, `subgrp`, `pg`, … */
export function rdsArn({ accountId, region }: Place, kind: string, name: string): string {
  return `arn:aws:rds:${region}:${accountId}:${kind}:${name}`;
}

export function dbInstanceArn({ accountId, region }: Place, dbInstanceIdentifier: string): string {
  return rdsArn({ accountId, region }, "db", dbInstanceIdentifier);
}

/** Where the resource of an RDS ARN is, whoever asks. */
export function placeInArn(arn: string): Place | undefined {
  const [, region, accountId] = /^arn:aws:rds:([a-z0-9-]+):(\d{12}):/.exec(arn) ?? [];
  return region === undefined || accountId === undefined ? undefined : { accountId, region };
}

/** The resource of an RDS ARN of this account and region: `{ type: "db", name: "orders" }`. */
export function parseRdsArn({ accountId, region }: Place, arn: string): { type: string; name: string } | undefined {
  const prefix = `arn:aws:rds:${region}:${accountId}:`;
  if (!arn.startsWith(prefix)) return undefined;
  const [, type, name] = /^([a-z-]+):(.+)$/.exec(arn.slice(prefix.length)) ?? [];
  return type === undefined || name === undefined ? undefined : { type, name: name.toLowerCase() };
}
