import type { ComponentChildren } from "preact";
import { Button } from "./Button.tsx";
import { Toolbar } from "./Toolbar.tsx";

export interface SelectionBarProps {
  readonly count: number;
  readonly onDelete: () => void;
  /** What else can be done with them. */
  readonly children?: ComponentChildren;
}

/** What can be done with the ticked rows of a table. */
export function SelectionBar({ count, onDelete, children }: SelectionBarProps) {
  if (count === 0) return null;
  return (
    <Toolbar count={count}>
      {children}
      <Button size="small" icon="trash" kind="danger" onClick={onDelete}>
        Delete
      </Button>
    </Toolbar>
  );
}
