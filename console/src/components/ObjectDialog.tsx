import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { ObjectMetadata } from "../api-types.ts";
import { useConsole } from "../console-context.ts";
import { formatBytes, formatDate } from "../format.ts";
import { saveFrom } from "../save-from.ts";
import { createAction } from "../store/action.ts";
import { Button } from "./Button.tsx";
import { CopyButton } from "./CopyButton.tsx";
import { Dialog } from "./Dialog.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";
import { Facts } from "./Facts.tsx";
import { LinkMaker } from "./LinkMaker.tsx";
import { Loading } from "./Loading.tsx";
import { ObjectPreview } from "./ObjectPreview.tsx";
import { TagList } from "./TagList.tsx";

/** An object: what it is, what is in it, and a way to have it. */
export function ObjectDialog({ bucket, objectKey }: { bucket: string; objectKey: string }) {
  const { router, storage } = useConsole();
  const found = useSignal<ObjectMetadata | undefined>(undefined);
  const load = useMemo(
    () =>
      createAction(async () => {
        found.value = await storage.metadata(bucket, objectKey);
      }),
    [storage, bucket, objectKey, found],
  );
  const download = useMemo(
    () =>
      createAction(async () => {
        const { url } = await storage.link(bucket, objectKey, { expiresIn: 60, disposition: "attachment" });
        saveFrom(url);
      }),
    [storage, bucket, objectKey],
  );
  useEffect(() => {
    void load.run();
  }, [load]);
  const object = found.value;
  const uri = `s3://${bucket}/${objectKey}`;
  return (
    <Dialog title={objectKey.split("/").at(-1) || objectKey} wide onClose={() => router.goWith({ key: undefined })}>
      <div class="dialog-body">
        <p class="copyable">
          <code class="break">{uri}</code>
          <CopyButton text={uri} what="the S3 URI" />
        </p>
        <ErrorNotice error={load.error.value ?? download.error.value} />
        {object === undefined && load.error.value === undefined && <Loading />}
        {object !== undefined && (
          <>
            <ObjectPreview bucket={bucket} object={object} />
            <Facts items={factsOf(object)} />
            {Object.keys(object.tags).length > 0 && <TagList tags={object.tags} />}
            <LinkMaker bucket={bucket} objectKey={objectKey} />
          </>
        )}
      </div>
      <footer class="dialog-foot">
        <Button
          kind="primary"
          icon="download"
          busy={download.running.value}
          disabled={object === undefined}
          onClick={() => void download.run()}
        >
          Download
        </Button>
      </footer>
    </Dialog>
  );
}

function factsOf(object: ObjectMetadata): (readonly [string, string])[] {
  const headers: (readonly [string, string | null])[] = [
    ["Cache-Control", object.cache_control],
    ["Content-Disposition", object.content_disposition],
    ["Content-Encoding", object.content_encoding],
    ...Object.entries(object.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value] as const),
  ];
  return [
    ["Size", `${formatBytes(object.size)} (${object.size.toLocaleString("en")} bytes)`],
    ["Type", object.content_type],
    ["Modified", formatDate(object.last_modified)],
    ["Storage class", object.storage_class],
    ["ETag", object.etag],
    ...headers.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
  ];
}
