import type { AllowedPrincipal, ServiceConfiguration, ServiceDetail } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { zonesOf } from "./region-data.ts";
import { listResources, type Resource, tagsMember } from "./resource.ts";
import { type Scope, scopeAt } from "./scope.ts";

/** A service that an account offers, with those who may see it. */
export interface StoredEndpointService extends ServiceConfiguration {
  Principals: AllowedPrincipal[];
}

export const endpointServices: Resource<StoredEndpointService> = {
  table: "ec2_vpc_endpoint_services",
  prefix: "vpce-svc",
  type: "vpc-endpoint-service",
  idOf: (service) => service.ServiceId ?? "",
  ...tagsMember,
  filters: pathFilters<ServiceConfiguration>()({
    "service-id": "ServiceId",
    "service-name": "ServiceName",
    "service-state": "ServiceState",
    "supported-ip-address-types": "SupportedIpAddressTypes",
  }),
  columnFilters: { "service-id": "id" },
  malformed: (id) => serviceNotFound([id]),
  notFound: serviceNotFound,
};

function serviceNotFound(ids: readonly string[]) {
  return new AwsError(
    "InvalidVpcEndpointServiceId.NotFound",
    `The VpcEndpointService Id '${ids.join(", ")}' does not exist`,
  );
}

/** Services that have gateway endpoints, whose routes lead to prefix lists. */
const gatewayServices = ["dynamodb", "s3"];

/** Services that have interface endpoints: https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html */
const interfaceServices = `
  access-analyzer account acm-pca airflow.api airflow.env airflow.ops app-integrations application-autoscaling
  appmesh-envoy-management apprunner appstream.api appsync-api aps aps-workspaces athena autoscaling
  autoscaling-plans backup batch bedrock bedrock-agent bedrock-runtime cassandra cloudcontrolapi cloudformation
  cloudhsmv2 cloudtrail codeartifact.api codeartifact.repositories codebuild codecommit codedeploy codepipeline
  cognito-idp config databrew datasync dms dynamodb ebs ec2 ec2messages ecr.api ecr.dkr ecs ecs-agent ecs-telemetry
  eks eks-auth elasticache elasticbeanstalk elasticfilesystem elasticloadbalancing elasticmapreduce email-smtp events
  execute-api firehose fis glue grafana guardduty-data imagebuilder inspector2 kinesis-firehose kinesis-streams kms
  lakeformation lambda license-manager logs mediaconnect memory-db monitoring mwaa notebook organizations pipes
  polly qldb.session rds rds-data redshift redshift-data rekognition rolesanywhere route53resolver s3 sagemaker.api
  sagemaker.runtime scheduler secretsmanager securityhub servicecatalog servicediscovery sns sqs ssm ssm-incidents
  ssmmessages states storagegateway sts sync-states synthetics textract transcribe transfer vpc-lattice
  workspaces xray`
  .trim()
  .split(/\s+/);

/** The services of AWS itself, in the order of their names. */
export function servicesOfAws(region: string): ServiceDetail[] {
  const zones = zonesOf(region).map((zone) => zone.name);
  const serviceOf = (name: string, type: "Gateway" | "Interface"): ServiceDetail => ({
    ServiceName: `com.amazonaws.${region}.${name}`,
    ServiceId: serviceId(region, name, type),
    ServiceType: [{ ServiceType: type }],
    ServiceRegion: region,
    AvailabilityZones: zones,
    Owner: "amazon",
    BaseEndpointDnsNames: [
      type === "Gateway" ? `${name}.${region}.amazonaws.com` : `${name}.${region}.vpce.amazonaws.com`,
    ],
    ...(type === "Gateway"
      ? {}
      : {
          PrivateDnsName: privateNameOf(name, region),
          PrivateDnsNames: [{ PrivateDnsName: privateNameOf(name, region) }],
          PrivateDnsNameVerificationState: "verified",
        }),
    VpcEndpointPolicySupported: true,
    AcceptanceRequired: false,
    ManagesVpcEndpoints: false,
    Tags: [],
    SupportedIpAddressTypes: ["ipv4"],
  });
  return [
    ...gatewayServices.map((name) => serviceOf(name, "Gateway")),
    ...interfaceServices.map((name) => serviceOf(name, "Interface")),
  ].sort((one, other) => ((one.ServiceName ?? "") < (other.ServiceName ?? "") ? -1 : 1));
}

/** Services of accounts of the same region, whoever asks: who may use one is written in its permissions. */
export async function servicesOfAccounts(scope: Scope): Promise<{ owner: string; service: StoredEndpointService }[]> {
  const rows = await scope.db
    .selectFrom("ec2_vpc_endpoint_services")
    .select("account_id")
    .distinct()
    .where("region", "=", scope.region)
    .execute();
  const found: { owner: string; service: StoredEndpointService }[] = [];
  for (const { account_id: owner } of rows) {
    for (const service of await listResources(
      scopeAt(scope, { accountId: owner, region: scope.region }),
      endpointServices,
    )) {
      found.push({ owner, service });
    }
  }
  return found.filter(({ owner, service }) => owner === scope.accountId || isAllowed(scope.accountId, service));
}

export function toDetail({ owner, service }: { owner: string; service: StoredEndpointService }): ServiceDetail {
  const { Principals: _, ServiceState: __, ...shared } = service;
  return {
    ServiceName: shared.ServiceName,
    ServiceId: shared.ServiceId,
    ServiceType: shared.ServiceType,
    AvailabilityZones: shared.AvailabilityZones,
    Owner: owner,
    BaseEndpointDnsNames: shared.BaseEndpointDnsNames,
    VpcEndpointPolicySupported: false,
    AcceptanceRequired: shared.AcceptanceRequired,
    ManagesVpcEndpoints: false,
    SupportedIpAddressTypes: shared.SupportedIpAddressTypes,
    Tags: shared.Tags ?? [],
    ...(shared.PrivateDnsName === undefined
      ? {}
      : {
          PrivateDnsName: shared.PrivateDnsName,
          PrivateDnsNames: [{ PrivateDnsName: shared.PrivateDnsName }],
          PrivateDnsNameVerificationState: "verified",
        }),
  };
}

function isAllowed(accountId: string, service: StoredEndpointService): boolean {
  return service.Principals.some(
    ({ Principal }) => Principal === "*" || Principal?.split(":")[4] === accountId || Principal === accountId,
  );
}

function privateNameOf(name: string, region: string): string {
  const parts = name.split(".").reverse();
  return `${parts.join(".")}.${region}.amazonaws.com`;
}

/** AWS's services have ids too: of 17 digits that follow from the name. */
function serviceId(region: string, name: string, type: string): string {
  let hash = 0n;
  for (const character of `${region}/${name}/${type}`) {
    hash = (hash * 131n + BigInt(character.codePointAt(0) ?? 0)) % 2n ** 68n;
  }
  return `vpce-svc-${hash.toString(16).padStart(17, "0")}`;
}
