export interface DbInstanceClass {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryGib: number;
}

const burstable: Readonly<Record<string, readonly [vcpus: number, memoryGib: number]>> = {
  micro: [2, 1],
  small: [2, 2],
  medium: [2, 4],
  large: [2, 8],
  xlarge: [4, 16],
  "2xlarge": [8, 32],
};

const vcpusOfSize: Readonly<Record<string, number>> = {
  large: 2,
  xlarge: 4,
  "2xlarge": 8,
  "4xlarge": 16,
  "8xlarge": 32,
  "12xlarge": 48,
  "16xlarge": 64,
  "24xlarge": 96,
  "32xlarge": 128,
  "48xlarge": 192,
};

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html, those that run PostgreSQL */
const families: readonly { name: string; gibPerVcpu?: number; smallest?: string; largest?: string }[] = [
  { name: "t3" },
  { name: "t4g" },
  { name: "m5", gibPerVcpu: 4, largest: "24xlarge" },
  { name: "m5d", gibPerVcpu: 4, largest: "24xlarge" },
  { name: "m6g", gibPerVcpu: 4, largest: "16xlarge" },
  { name: "m6gd", gibPerVcpu: 4, largest: "16xlarge" },
  { name: "m6i", gibPerVcpu: 4, largest: "32xlarge" },
  { name: "m6id", gibPerVcpu: 4, largest: "32xlarge" },
  { name: "m6idn", gibPerVcpu: 4, largest: "32xlarge" },
  { name: "m6in", gibPerVcpu: 4, largest: "32xlarge" },
  { name: "m7g", gibPerVcpu: 4, largest: "16xlarge" },
  { name: "m7i", gibPerVcpu: 4 },
  { name: "m8g", gibPerVcpu: 4 },
  { name: "m8gd", gibPerVcpu: 4 },
  { name: "r5", gibPerVcpu: 8, largest: "24xlarge" },
  { name: "r5b", gibPerVcpu: 8, largest: "24xlarge" },
  { name: "r5d", gibPerVcpu: 8, largest: "24xlarge" },
  { name: "r6g", gibPerVcpu: 8, largest: "16xlarge" },
  { name: "r6gd", gibPerVcpu: 8, largest: "16xlarge" },
  { name: "r6i", gibPerVcpu: 8, largest: "32xlarge" },
  { name: "r6id", gibPerVcpu: 8, largest: "32xlarge" },
  { name: "r6idn", gibPerVcpu: 8, largest: "32xlarge" },
  { name: "r6in", gibPerVcpu: 8, largest: "32xlarge" },
  { name: "r7g", gibPerVcpu: 8, largest: "16xlarge" },
  { name: "r7i", gibPerVcpu: 8 },
  { name: "r8g", gibPerVcpu: 8 },
  { name: "r8gd", gibPerVcpu: 8 },
  { name: "x2g", gibPerVcpu: 16, largest: "16xlarge" },
  { name: "x2idn", gibPerVcpu: 16, smallest: "16xlarge", largest: "32xlarge" },
  { name: "x2iedn", gibPerVcpu: 32, smallest: "xlarge", largest: "32xlarge" },
];

/** Of the generation before: with the first version of each engine that they do not run any more. */
const previousFamily =
  /^db\.(?:t2\.(?:micro|small|medium|large|xlarge|2xlarge)|[mr]4\.(?:large|xlarge|(?:2|4|8|10|16)xlarge))$/;
const runsFrom: Readonly<Record<string, number>> = { postgres: 13, mysql: 8.4, mariadb: 10.11 };

/** Classes of other engines or of PostgreSQL versions that have ended: known to RDS, and of no use here. */
const olderFamily = /^db\.(t1|t2|m1|m2|m3|m4|r3|r4|x1|x1e|x2iezn|z1d|cr1)\.\w+$/;

export const dbInstanceClasses: ReadonlyMap<string, DbInstanceClass> = new Map(
  families.flatMap(classesOf).map((dbClass) => [dbClass.name, dbClass]),
);

/** What Aurora PostgreSQL runs on: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.html */
export const auroraClasses: readonly string[] = [
  ...[...dbInstanceClasses.keys()].filter((name) =>
    /^db\.(?:r(?!5b|5d|6idn|6in|8gd)\w+\.|x2g\.|t\w+\.(?:medium|large)$)/.test(name),
  ),
  "db.serverless",
];

/** Those with disks of their own, besides what is attached; those alone can be in a Multi-AZ DB cluster. */
export function hasLocalDisk(name: string): boolean {
  return /^db\.[mr]\d[a-z]*d\./.test(name);
}

/** What its server gets; that of one without a known class is the smallest. */
export function sizeOfClass(name: string | undefined): { readonly memoryBytes: number; readonly cpus: number } {
  const dbClass = dbInstanceClasses.get(name ?? "");
  return { memoryBytes: (dbClass?.memoryGib ?? 1) * 1024 ** 3, cpus: dbClass?.vcpus ?? 1 };
}

/** Of a version that is named: none means a newer one. */
export function isPreviousClassOf(name: string, engine: string, engineVersion: string | undefined): boolean {
  const end = runsFrom[engine];
  if (end === undefined || engineVersion === undefined || !previousFamily.test(name)) return false;
  const [major = Number.NaN, minor = 0] = engineVersion.split(".").map(Number);
  const [endMajor = 0, endMinor = 0] = String(end).split(".").map(Number);
  return major < endMajor || (major === endMajor && minor < endMinor);
}

export function isOlderClass(name: string): boolean {
  return olderFamily.test(name);
}

function classesOf(family: (typeof families)[number]): DbInstanceClass[] {
  const { gibPerVcpu, smallest = "large", largest } = family;
  if (gibPerVcpu === undefined) {
    return Object.entries(burstable).map(([size, [vcpus, memoryGib]]) => ({
      name: `db.${family.name}.${size}`,
      vcpus,
      memoryGib,
    }));
  }
  const limit = largest === undefined ? Number.POSITIVE_INFINITY : (vcpusOfSize[largest] ?? 0);
  return Object.entries(vcpusOfSize)
    .filter(([, vcpus]) => vcpus >= (vcpusOfSize[smallest] ?? 0) && vcpus <= limit)
    .map(([size, vcpus]) => ({ name: `db.${family.name}.${size}`, vcpus, memoryGib: vcpus * gibPerVcpu }));
}
