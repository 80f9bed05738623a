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
};

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html, those that run PostgreSQL */
const families: readonly { name: string; gibPerVcpu?: number; largest?: string }[] = [
  { name: "t3" },
  { name: "t4g" },
  { name: "m5", gibPerVcpu: 4 },
  { name: "m5d", gibPerVcpu: 4 },
  { name: "m6g", gibPerVcpu: 4, largest: "16xlarge" },
  { name: "m6gd", gibPerVcpu: 4, largest: "16xlarge" },
  { name: "m6i", gibPerVcpu: 4 },
  { name: "m6id", gibPerVcpu: 4 },
  { name: "m7g", gibPerVcpu: 4, largest: "16xlarge" },
  { name: "r5", gibPerVcpu: 8 },
  { name: "r5d", gibPerVcpu: 8 },
  { name: "r6g", gibPerVcpu: 8, largest: "16xlarge" },
  { name: "r6gd", gibPerVcpu: 8, largest: "16xlarge" },
  { name: "r6i", gibPerVcpu: 8 },
  { name: "r6id", gibPerVcpu: 8 },
  { name: "r7g", gibPerVcpu: 8, largest: "16xlarge" },
];

/** Classes of other engines or of PostgreSQL versions that have ended: known to RDS, and of no use here. */
const olderFamily = /^db\.(t1|t2|m1|m2|m3|m4|r3|r4|x1|x1e|x2g|x2idn|x2iedn|z1d|cr1)\.\w+$/;

export const dbInstanceClasses: ReadonlyMap<string, DbInstanceClass> = new Map(
  families.flatMap(classesOf).map((dbClass) => [dbClass.name, dbClass]),
);

/** What Aurora PostgreSQL runs on: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.html */
export const auroraClasses: readonly string[] = [
  ...[...dbInstanceClasses.keys()].filter((name) => /^db\.(?:r(?!5d)\w+\.|t\w+\.(?:medium|large)$)/.test(name)),
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

export function isOlderClass(name: string): boolean {
  return olderFamily.test(name);
}

function classesOf(family: (typeof families)[number]): DbInstanceClass[] {
  const { gibPerVcpu, largest } = family;
  if (gibPerVcpu === undefined) {
    return Object.entries(burstable).map(([size, [vcpus, memoryGib]]) => ({
      name: `db.${family.name}.${size}`,
      vcpus,
      memoryGib,
    }));
  }
  const limit = largest === undefined ? Number.POSITIVE_INFINITY : (vcpusOfSize[largest] ?? 0);
  return Object.entries(vcpusOfSize)
    .filter(([, vcpus]) => vcpus <= limit)
    .map(([size, vcpus]) => ({ name: `db.${family.name}.${size}`, vcpus, memoryGib: vcpus * gibPerVcpu }));
}
