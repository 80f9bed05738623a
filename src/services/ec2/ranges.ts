export interface Range {
  readonly Min?: number | undefined;
  readonly Max?: number | undefined;
}

export function within(value: number, range: Range | undefined): boolean {
  return value >= (range?.Min ?? 0) && value <= (range?.Max ?? Number.POSITIVE_INFINITY);
}
