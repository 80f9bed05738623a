import { useMemo } from "preact/hooks";
import type { SecurityGroup, SecurityGroupRule } from "../api-types.ts";
import { useConsole } from "../console-context.ts";
import { createAction } from "../store/action.ts";
import { Button } from "./Button.tsx";
import { Card } from "./Card.tsx";
import { type Column, DataTable } from "./DataTable.tsx";
import { ErrorNotice } from "./ErrorNotice.tsx";

export interface SecurityGroupRulesProps {
  readonly title: string;
  readonly direction: SecurityGroupRule["direction"];
  readonly group: SecurityGroup;
}

export function SecurityGroupRules({ title, direction, group }: SecurityGroupRulesProps) {
  const { compute, toasts } = useConsole();
  const rules = group.rules.filter((rule) => rule.direction === direction);
  const remove = useMemo(
    () =>
      createAction(async (ruleId: string) => {
        await compute.removeRule(group.id, ruleId);
        toasts.say("Removed the rule.");
      }),
    [compute, group.id, toasts],
  );
  const columns: readonly Column<SecurityGroupRule>[] = [
    { title: "Ports", cell: (rule) => <span class="mono nowrap">{portsOf(rule)}</span> },
    { title: direction === "ingress" ? "From" : "To", cell: (rule) => <span class="mono break">{peerOf(rule)}</span> },
    { title: "Description", cell: ({ description }) => description ?? "–", from: "tablet" },
    { title: "Rule", cell: ({ id }) => <span class="mono muted">{id}</span>, from: "desktop" },
    {
      title: "Remove",
      align: "end",
      cell: (rule) => (
        <Button
          kind="quiet"
          size="small"
          icon="trash"
          label={`Remove the rule ${portsOf(rule)} ${peerOf(rule)}`}
          disabled={remove.running.value}
          onClick={() => void remove.run(rule.id)}
        />
      ),
    },
  ];
  return (
    <Card title={title}>
      <ErrorNotice error={remove.error.value} />
      {rules.length === 0 ? (
        <p class="muted">No rules: nothing is let {direction === "ingress" ? "in" : "out"}.</p>
      ) : (
        <DataTable caption={`${title} rules`} columns={columns} rows={rules} keyOf={({ id }) => id} />
      )}
    </Card>
  );
}

function portsOf({ protocol, from_port: from, to_port: to }: SecurityGroupRule): string {
  if (protocol === "-1") return "all";
  if (from === null || from === -1) return protocol;
  return from === to ? `${protocol} ${from}` : `${protocol} ${from}–${to}`;
}

function peerOf(rule: SecurityGroupRule): string {
  return rule.cidr ?? rule.security_group_id ?? rule.prefix_list_id ?? "–";
}
