import { useConsole } from "../console-context.ts";
import { BucketPage } from "./BucketPage.tsx";
import { BucketsPage } from "./BucketsPage.tsx";
import { DatabaseClusterPage } from "./DatabaseClusterPage.tsx";
import { DatabaseClustersPage } from "./DatabaseClustersPage.tsx";
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
import { VolumesPage } from "./VolumesPage.tsx";
import { VpcPage } from "./VpcPage.tsx";
import { VpcsPage } from "./VpcsPage.tsx";

const lists = {
  instances: InstancesPage,
  "key-pairs": KeyPairsPage,
  "security-groups": SecurityGroupsPage,
  volumes: VolumesPage,
  vpcs: VpcsPage,
  buckets: BucketsPage,
  databases: DatabasesPage,
  "database-clusters": DatabaseClustersPage,
  "database-snapshots": DatabaseSnapshotsPage,
  requests: RequestsPage,
};

const details = {
  instances: InstancePage,
  "security-groups": SecurityGroupPage,
  vpcs: VpcPage,
  buckets: BucketPage,
  databases: DatabasePage,
  "database-clusters": DatabaseClusterPage,
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
