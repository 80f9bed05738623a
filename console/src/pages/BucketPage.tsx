import { Breadcrumb } from "../components/Breadcrumb.tsx";
import { BucketObjects } from "../components/BucketObjects.tsx";
import { BucketPolicyPane } from "../components/BucketPolicyPane.tsx";
import { ObjectVersions } from "../components/ObjectVersions.tsx";
import { PageHead } from "../components/PageHead.tsx";
import { Tabs } from "../components/Tabs.tsx";
import { useConsole } from "../console-context.ts";
import { href } from "../store/router.ts";

const tabs = [
  { key: "objects", title: "Objects" },
  { key: "versions", title: "Versions" },
  { key: "policy", title: "Policy" },
];

/** A bucket; where one is in it is in the address. */
export function BucketPage({ id: bucket }: { id: string }) {
  const { router } = useConsole();
  const prefix = router.query.value.get("prefix") ?? "";
  const asked = router.query.value.get("tab");
  const tab = tabs.find(({ key }) => key === asked)?.key ?? "objects";
  return (
    <>
      <PageHead title={bucket} parent={{ title: "Buckets", href: href("buckets") }} />
      <Tabs
        label={`Bucket ${bucket}`}
        tabs={tabs}
        current={tab}
        onChoose={(key) => router.goWith({ tab: key === "objects" ? undefined : key }, { replace: true })}
      >
        {prefix !== "" && tab !== "policy" && <Breadcrumb bucket={bucket} prefix={prefix} tab={tab} />}
        {tab === "objects" && <BucketObjects bucket={bucket} prefix={prefix} />}
        {tab === "versions" && <ObjectVersions key={prefix} bucket={bucket} prefix={prefix} />}
        {tab === "policy" && <BucketPolicyPane bucket={bucket} />}
      </Tabs>
    </>
  );
}
