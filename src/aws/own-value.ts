/** What a table has under a name that a client chose: `constructor` is in no table, though every object has one. */
export function ownValue<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
