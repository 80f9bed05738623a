import type { Collection } from "../store/collection.ts";
import { Icon, type IconName } from "./Icon.tsx";

export interface SummaryCardProps<Item> {
  readonly icon: IconName;
  readonly title: string;
  readonly href: string;
  readonly collection: Collection<Item>;
  /** Which of them are at work; none: all are the same. */
  readonly active?: (item: Item) => boolean;
  readonly activeWord?: string;
}

/** How many there are of one kind, and the way to them. */
export function SummaryCard<Item>({ icon, title, href, collection, active, activeWord }: SummaryCardProps<Item>) {
  const items = collection.items.value;
  return (
    <a class="summary" href={href}>
      <span class="summary-icon">
        <Icon name={icon} size={20} />
      </span>
      <span class="summary-title">{title}</span>
      <span class="summary-count">{collection.loading.value ? "–" : items.length}</span>
      {active && (
        <span class="summary-note">
          {items.filter(active).length} {activeWord}
        </span>
      )}
      {collection.error.value && <span class="summary-note error-code">{collection.error.value.message}</span>}
    </a>
  );
}
