import type { Service } from "../service.ts";

/**
 * Amazon EC2: instances that run as machines of the runtime in use, with their key pairs, security groups, root
 * volumes and interfaces, in the default VPC of each region.
 *
 * Gaps:
 * - User data: what it may ask for is in docs/user-data.md; `#include` runs scripts alone; part handlers and the statements of Jinja templates are not done, and the console says so.
 * - A volume is a folder, /mnt/ebs/DEVICE in the instance, and no block device: nothing formats it, its size is not
 *   limited. A root volume has no bytes of its own: an instance's disk is its machine's, and its snapshots are images.
 * - A root volume that is replaced (CreateReplaceRootVolumeTask) has no bytes left. Errors of that operation that AWS does not document are those of its kin.
 * - The Recycle Bin is empty.
 * - VPN connections, Client VPN endpoints, endpoints and flow logs are records, and transit gateways carry packets between attached VPCs alone: no other packet is
 *   carried and no log is written by them. Tunnels stay DOWN, so that VPN gateways propagate no routes.
 * - Trunk interfaces and their branches are records. Devices of VPN connections have sample configurations for a generic one and for strongSwan alone.
 * - Route servers, with their endpoints and peers, are records that no route comes by; Verified Access is records that let nobody in.
 * - The newest types (m9g, c9g, r9g, t8i, g7 and some kin of m8i and r8i), and those that AWS has retired (f1, g2, g3, p2, cc2), are not known.
 * - IPAM gives IPv4 blocks to VPCs and subnets, and addresses of Amazon's contiguous blocks to Elastic IPs, in its home region; it sees VPCs, subnets and Elastic IP addresses of the account in its operating regions, as far as LocalAWS has made anything there, and keeps no history of addresses. No regional NAT gateways, no outposts, no RAM shares.
 * - Security groups, network ACLs and routes are enforced where the runtime can (docs/security-groups.md).
 * - The metadata service (docs/instance-metadata.md) has no IPv6 address, and no Spot notices, since no Spot instance is interrupted;
 *   HttpPutResponseHopLimit holds on the `docker` runtime, for every answer of the service.
 * - Status checks never fail, so that fleets with `ReplaceUnhealthyInstances` have nothing unhealthy to replace.
 * - Traffic mirror filters, targets and sessions are records: no packet is mirrored, and there are no load balancers to mirror to.
 * - Network insights analyse IPv4 paths between instances, interfaces and internet gateways, over local routes, peering connections and
 *   NAT gateways; there are no access scopes.
 * - Instance Connect endpoints are records, through which nothing connects (the SSH gateway does); fast snapshot restores change
 *   nothing. There are no Local Zones and Wavelength Zones to opt in to.
 * - A hibernation is a stop: what the machine has in memory is not kept.
 * - Kernels, RAM disks, Elastic GPUs, licenses, Capacity Blocks: RunInstances refuses these with UnsupportedOperation.
 *
 * By design:
 * - An ImageId is an AMI of the catalogue (DescribeImages lists it) or a Docker image by name, `alpine:latest`. Other
 *   AMI ids run LOCALAWS_EC2_UNKNOWN_AMI, if that is set.
 * - Volumes, attachments and snapshots are ready by the time that anybody asks; their answers say `creating`,
 *   `attaching`, `pending` as AWS's do. CreateImage holds the machine while it copies the disk, and does not reboot it.
 * - On the `records` runtime a request finds the instances that it names arrived at the state that they are on the way to.
 * - Status checks pass as soon as an instance runs.
 * - A fleet of the type `maintain`, and a persistent Spot request, replaces an instance at once that a request has terminated,
 *   and within a minute one that has ended by itself or could not be launched.
 * - Families of which no account can have any here answer empty lists: docs/decisions/0037-families-of-which-there-are-none.md.
 * - Every Spot request is fulfilled at once and never interrupted; prices follow the size of the type, and stay.
 * - An instance profile need not be there: any name or ARN of the right form is taken and shown. Its role is the one of its name.
 * - VPC block public access, with its exclusions, decides which packets pass as the routes do.
 * - Quotas are not AWS's: 5,000 instances an account and region, no limit of vCPUs.
 * - Gateways, endpoints, attachments and the like answer `pending` when they are made and `deleting` when they go; their
 *   next description says `available` and `deleted`. AWS takes minutes.
 * - Public addresses are of 198.18.0.0/15, which is nobody's on the Internet; IPv6 blocks look like Amazon's own.
 * - AWS wants an internet gateway before it makes a public NAT gateway in a VPC; here it may come later.
 * - The prefix lists of AWS's services hold some of their ranges.
 * - Instances listed together come in the order of their launch; AWS promises none.
 *
 * Client quirks:
 * - Terraform reads what it has made at once, and by filters under their old names too (`isDefault`, `defaultForAz`).
 * - Terraform wants `available`, which the model does not know, as the state of an internet gateway's attachment.
 * - Terraform's data source `aws_ami` asks GetInstanceUefiData about the image and does not mind the error.
 * - Terraform's `aws_eip` names a replaced instance's interface beside the new instance: AssociateAddress follows the instance.
 * - Terraform's `aws_ec2_managed_prefix_list` of 5.100 changes an entry's description by two requests that name the same version, of
 *   which the second fails with PrefixListVersionMismatch, as on AWS (hashicorp/terraform-provider-aws pull request 43661).
 */
export const ec2: Service = {
  name: "ec2",
  protocol: "ec2Query",
  apiVersion: "2016-11-15",
  xmlNamespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
  maybeEmpty: ["LaunchTemplateData"],
  async load() {
    const [sdk, { operations }] = await Promise.all([import("@aws-sdk/client-ec2"), import("./operations.ts")]);
    return { sdk, operations };
  },
  async reconcile(ctx) {
    const { reconcileMachines } = await import("./reconcile.ts");
    await reconcileMachines(ctx);
  },
  async reset(ctx) {
    const { removeMachines } = await import("./reconcile.ts");
    await removeMachines(ctx);
  },
  async close(ctx) {
    const [{ endMachineWork }, { endFleetMaintenance }] = await Promise.all([
      import("./machine-work.ts"),
      import("./fleet-maintenance.ts"),
    ]);
    endFleetMaintenance(ctx);
    endMachineWork(ctx);
  },
};
