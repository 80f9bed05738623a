import { Button } from "./Button.tsx";
import { Toolbar } from "./Toolbar.tsx";

/** What can be done with the ticked rows of a table whose rows can only be deleted. */
export function SelectionBar({ count, onDelete }: { count: number; onDelete: () => void }) {
  if (count === 0) return null;
  return (
    <Toolbar count={count}>
      <Button size="small" icon="trash" kind="danger" onClick={onDelete}>
        Delete
      </Button>
    </Toolbar>
  );
}
