import type { ComponentChildren } from "preact";
import type { ApiError } from "../api.ts";
import { Icon } from "./Icon.tsx";

/** An error where it happened, in the words and with the code of AWS. */
export function ErrorNotice({ error, children }: { error: ApiError | undefined; children?: ComponentChildren }) {
  if (error === undefined) return null;
  return (
    <div class="notice bad" role="alert">
      <Icon name="warning" />
      <div class="break">
        <p>{error.message}</p>
        {error.code !== undefined && <code>{error.code}</code>}
        {children}
      </div>
    </div>
  );
}
