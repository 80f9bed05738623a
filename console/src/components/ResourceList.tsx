import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { useWatched } from "../console-context.ts";
import { plural } from "../format.ts";
import type { Collection } from "../store/collection.ts";
import { eachOf } from "../store/each-of.ts";
import { createSelection } from "../store/selection.ts";
import { Button } from "./Button.tsx";
import { ConfirmDialog } from "./ConfirmDialog.tsx";
import { type Column, DataTable } from "./DataTable.tsx";
import { EmptyState, type EmptyStateProps } from "./EmptyState.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";
import { Loading } from "./Loading.tsx";
import { PageHead, type PageHeadProps } from "./PageHead.tsx";
import { SelectionBar } from "./SelectionBar.tsx";

export interface ResourceListProps<Row> extends Pick<PageHeadProps, "title" | "about" | "parent"> {
  /** `key pair` */
  readonly noun: string;
  readonly collection: Collection<Row>;
  /** Which of them are shown; all where it is not given. */
  readonly only?: (row: Row) => boolean;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** By what name a person is asked about a row; its key where it is not given. */
  readonly nameOf?: (row: Row) => string;
  /** The form for a new one. */
  readonly create?: { readonly label: string; readonly form: (onClose: () => void) => ComponentChildren };
  /** What else can be done with the rows that are ticked. */
  readonly actions?: (chosen: readonly Row[]) => ComponentChildren;
  readonly deletion: { readonly warning: string; readonly work: (row: Row) => Promise<unknown> };
  /** What is said where there are none; `children` stand above the button that makes one. */
  readonly empty: EmptyStateProps;
}

/** A page that is a table of things which are made by a form, ticked and deleted. */
export function ResourceList<Row>(props: ResourceListProps<Row>) {
  const { title, noun, collection, columns, keyOf, nameOf = keyOf, create, deletion, empty } = props;
  const { items, loading, error } = useWatched(collection);
  const rows = props.only === undefined ? items.value : items.value.filter(props.only);
  const dialog = useSignal<"create" | "delete" | undefined>(undefined);
  const selection = useMemo(() => createSelection(() => items.value.map(keyOf)), [items]);
  const chosen = rows.filter((row) => selection.keys.value.has(keyOf(row)));
  const open = (which: "create" | "delete") => () => {
    dialog.value = which;
  };
  const close = () => {
    dialog.value = undefined;
  };
  const createButton = create && (
    <Button kind="primary" icon="plus" onClick={open("create")}>
      {create.label}
    </Button>
  );
  const count = rows.length === 0 ? undefined : plural(rows.length, noun);
  return (
    <>
      <PageHead title={title} about={props.about ?? count} {...(props.parent && { parent: props.parent })}>
        {rows.length > 0 && createButton}
      </PageHead>
      <ErrorNotice error={error.value} />
      <SelectionBar count={chosen.length} onDelete={open("delete")}>
        {props.actions?.(chosen)}
      </SelectionBar>
      {loading.value ? (
        <Loading />
      ) : rows.length === 0 ? (
        <EmptyState {...empty}>
          {empty.children}
          {createButton}
        </EmptyState>
      ) : (
        <DataTable caption={title} columns={columns} rows={rows} keyOf={keyOf} selection={selection} />
      )}
      {dialog.value === "create" && create?.form(close)}
      {dialog.value === "delete" && (
        <ConfirmDialog
          title={`Delete ${plural(chosen.length, noun)}?`}
          names={chosen.map(nameOf)}
          warning={deletion.warning}
          submit="Delete"
          work={() => eachOf(chosen, deletion.work)}
          done={`Deleted ${plural(chosen.length, noun)}.`}
          onClose={close}
        />
      )}
    </>
  );
}

/** For `nameOf`: what has an id, and maybe a name. */
export function nameAndId({ name, id }: { readonly name: string | null; readonly id: string }): string {
  return name === null ? id : `${name} (${id})`;
}
