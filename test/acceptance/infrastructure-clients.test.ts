import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DescribeImagesCommand, DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { clientEnvironment, ownFolder, run } from "../support/acceptance.ts";
import { requires } from "../support/requirements.ts";
import { startLocalAws, type TestServer } from "../support/server.ts";

describe("clients that make infrastructure", function () {
  this.timeout(240_000);
  this.slow(60_000);
  const folder = ownFolder();
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const command = (program: string, args: string[], env: NodeJS.ProcessEnv = {}) =>
    run(program, args, { env: { ...clientEnvironment(aws.endpoint), ...env }, cwd: folder.path });

  describe("Packer", () => {
    requires("packer");

    it("builds an image of an instance, and takes away what it needed for that", async () => {
      const builder = {
        ...{ type: "amazon-ebs", region: "us-east-1", custom_endpoint_ec2: aws.endpoint, communicator: "none" },
        ...{ access_key: "test", secret_key: "test", skip_region_validation: true, skip_metadata_api_check: true },
        ...{ instance_type: "t3.micro", ssh_username: "ec2-user", ami_name: "of-packer", ami_users: ["123456789012"] },
        source_ami_filter: { filters: { name: "al2023-ami-2*-x86_64" }, owners: ["amazon"], most_recent: true },
        ...{ tags: { Base: "{{ .SourceAMIName }}" }, run_tags: { By: "packer" } },
      };
      await writeFile(join(folder.path, "packer.json"), JSON.stringify({ builders: [builder] }));
      await command("packer", ["build", "packer.json"], { AWS_POLL_DELAY_SECONDS: "1", CHECKPOINT_DISABLE: "1" });
      const { Images = [] } = await aws.ec2.send(new DescribeImagesCommand({ Owners: ["self"] }));
      expect(Images.map(({ Name, State }) => [Name, State])).to.deep.equal([["of-packer", "available"]]);
      expect(Images[0]?.Tags?.[0]?.Value).to.match(/^al2023-ami-2/);
      const { Reservations = [] } = await aws.ec2.send(
        new DescribeInstancesCommand({ Filters: [{ Name: "tag:By", Values: ["packer"] }] }),
      );
      expect(Reservations[0]?.Instances?.[0]?.State?.Name).to.equal("terminated");
    });
  });

  describe("Ansible", () => {
    requires("ansible");

    const tasks = [
      `amazon.aws.ec2_vpc_net: {name: a, cidr_block: 10.90.0.0/16, tags: {Env: x}}\n    register: vpc`,
      `amazon.aws.ec2_vpc_subnet: {vpc_id: "{{vpc.vpc.id}}", cidr: 10.90.1.0/24, map_public: true}\n    register: subnet`,
      `amazon.aws.ec2_vpc_igw: {vpc_id: "{{vpc.vpc.id}}"}\n    register: igw`,
      `amazon.aws.ec2_vpc_route_table: {vpc_id: "{{vpc.vpc.id}}", tags: {Name: public}, subnets: ["{{subnet.subnet.id}}"], routes: [{dest: 0.0.0.0/0, gateway_id: "{{igw.gateway_id}}"}]}`,
      `amazon.aws.ec2_security_group: {name: a, description: d, vpc_id: "{{vpc.vpc.id}}", rules: [{proto: tcp, ports: [22, 80], cidr_ip: 0.0.0.0/0}, {proto: all, group_name: a}]}\n    register: group`,
      `amazon.aws.ec2_instance: {name: a, image_id: "{{ami}}", instance_type: t3.micro, vpc_subnet_id: "{{subnet.subnet.id}}", security_group: "{{group.group_id}}", wait: true}`,
      `amazon.aws.s3_bucket: {name: of-ansible, versioning: true, encryption: AES256, tags: {a: b}}`,
      `amazon.aws.rds_instance: {id: of-ansible, engine: postgres, db_instance_class: db.t3.micro, allocated_storage: 20, username: me, password: secret-password, wait: true}`,
    ];

    it("changes nothing when it is run again", async () => {
      const { Images = [] } = await aws.ec2.send(new DescribeImagesCommand({ Owners: ["amazon"] }));
      const head = `- hosts: localhost\n  connection: local\n  gather_facts: false\n  module_defaults:\n    group/aws: {region: us-east-1, endpoint_url: "${aws.endpoint}"}\n  vars: {ami: ${Images[0]?.ImageId}}\n  tasks:\n`;
      await writeFile(join(folder.path, "play.yml"), head + tasks.map((task) => `  - ${task}\n`).join(""));
      const play = () => command("ansible-playbook", ["play.yml"], { ANSIBLE_LOCALHOST_WARNING: "false" });
      expect(await play()).to.match(/ok=8 +changed=8 .* failed=0/);
      expect(await play()).to.match(/ok=8 +changed=0 .* failed=0/);
    });
  });
});
