import { useConsole } from "../console-context.ts";
import { BucketPage } from "./BucketPage.tsx";
import { BucketsPage } from "./BucketsPage.tsx";
import { DatabasePage } from "./DatabasePage.tsx";
import { DatabaseSnapshotsPage } from "./DatabaseSnapshotsPage.tsx";
import { DatabasesPage } from "./DatabasesPage.tsx";
import { InstancePage } from "./InstancePage.tsx";
import { InstancesPage } from "./InstancesPage.tsx";
import { KeyPairsPage } from "./KeyPairsPage.tsx";
import { NotFoundPage } from "./NotFoundPage.tsx";
import { OverviewPage } from "./OverviewPage.tsx";
import { RequestsPage } from "./RequestsPage.tsx";
import { SecurityGroupPage } from "./SecurityGroupPage.tsx";
import { SecurityGroupsPage } from "./SecurityGroupsPage.tsx";

const lists = {
  instances: InstancesPage,
  "key-pairs": KeyPairsPage,
  "security-groups": SecurityGroupsPage,
  buckets: BucketsPage,
  databases: DatabasesPage,
  "database-snapshots": DatabaseSnapshotsPage,
  requests: RequestsPage,
};

const details = {
  instances: InstancePage,
  "security-groups": SecurityGroupPage,
  buckets: BucketPage,
  databases: DatabasePage,
};

/** The page at an address: a section's list, or one thing of it. */
export function Page() {
  const [section, id, ...rest] = useConsole().router.segments.value;
  if (section === undefined) return <OverviewPage />;
  if (id === undefined && isKeyOf(lists, section)) {
    const List = lists[section];
    return <List />;
  }
  if (id !== undefined && rest.length === 0 && isKeyOf(details, section)) {
    const Detail = details[section];
    return <Detail key={id} id={id} />;
  }
  return <NotFoundPage />;
}

function isKeyOf<Table extends object>(table: Table, key: string): key is keyof Table & string {
  return Object.hasOwn(table, key);
}
