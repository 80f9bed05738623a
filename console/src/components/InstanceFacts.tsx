import type { Instance } from "../api-types.ts";
import { formatDate } from "../format.ts";
import { href } from "../store/router.ts";
import { Card } from "./Card.tsx";
import { CopyButton } from "./CopyButton.tsx";
import { Facts } from "./Facts.tsx";
import { TagList } from "./TagList.tsx";
import { UsageGraph } from "./UsageGraph.tsx";

export function InstanceFacts({ instance }: { instance: Instance }) {
  return (
    <div class="cards">
      {instance.state === "running" && <UsageGraph id={instance.id} />}
      <Card title="Instance">
        <Facts
          items={[
            ["Id", <Copyable key="id" text={instance.id} what="the id" />],
            ["State", instance.state_reason === null ? instance.state : `${instance.state}: ${instance.state_reason}`],
            ["Type", <span class="mono">{instance.instance_type}</span>],
            ["Image", <span class="mono">{instance.ami}</span>],
            ["Architecture", instance.architecture],
            ["Key pair", instance.key_name],
            ["SSH", instance.ssh_command && <Copyable text={instance.ssh_command} what="the ssh command" />],
            ["Launched", formatDate(instance.launch_time)],
          ]}
        />
      </Card>
      <Card title="Network">
        <Facts
          items={[
            [
              "Private address",
              instance.private_ip && <Copyable text={instance.private_ip} what="the private address" />,
            ],
            ["Public address", instance.public_ip && <Copyable text={instance.public_ip} what="the public address" />],
            ["Private name", instance.private_dns_name && <span class="mono">{instance.private_dns_name}</span>],
            ["Zone", instance.availability_zone],
            ["Subnet", instance.subnet_id && <span class="mono">{instance.subnet_id}</span>],
            [
              "VPC",
              instance.vpc_id && (
                <a class="mono" href={href("vpcs", instance.vpc_id)}>
                  {instance.vpc_id}
                </a>
              ),
            ],
            [
              "Security groups",
              <ul class="inline-list">
                {instance.security_groups.map(({ id, name }) => (
                  <li key={id}>
                    <a href={href("security-groups", id)}>{name}</a>
                  </li>
                ))}
              </ul>,
            ],
          ]}
        />
      </Card>
      <Card title="Tags">
        <TagList tags={instance.tags} />
      </Card>
    </div>
  );
}

function Copyable({ text, what }: { text: string; what: string }) {
  return (
    <span class="copyable">
      <span class="mono">{text}</span>
      <CopyButton text={text} what={what} />
    </span>
  );
}
