import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { PresignedLink } from "../api-types.ts";
import { useConsole } from "../console-context.ts";
import { formatDate } from "../format.ts";
import { createAction } from "../store/action.ts";
import { Button } from "./Button.tsx";
import { CodeBlock } from "./CodeBlock.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";
import { SelectField } from "./Field.tsx";

const expiries = [
  { value: "300", label: "5 minutes" },
  { value: "3600", label: "1 hour" },
  { value: "43200", label: "12 hours" },
  { value: "604800", label: "7 days" },
];

/** A link by which anybody who reaches this server reads the object, for a while. */
export function LinkMaker({ bucket, objectKey }: { bucket: string; objectKey: string }) {
  const { storage } = useConsole();
  const seconds = useSignal("3600");
  const link = useSignal<PresignedLink | undefined>(undefined);
  const make = useMemo(
    () =>
      createAction(async () => {
        link.value = await storage.link(bucket, objectKey, { expiresIn: Number(seconds.value) });
      }),
    [storage, bucket, objectKey, seconds, link],
  );
  return (
    <div class="link-maker">
      <div class="field-line">
        <SelectField
          label="Presigned link, good for"
          value={seconds.value}
          options={expiries}
          onChange={(value) => {
            seconds.value = value;
          }}
        />
        <Button icon="link" busy={make.running.value} onClick={() => void make.run()}>
          Make link
        </Button>
      </div>
      <ErrorNotice error={make.error.value} />
      {link.value && (
        <>
          <CodeBlock text={link.value.url} what="the link" />
          <p class="field-hint">Good until {formatDate(link.value.expires_at)}.</p>
        </>
      )}
    </div>
  );
}
