"""AWS: ids and outputs of the types that a cluster needs, as the cloud and its provider form them."""

from stacks.sandbox.outputs.formulas import Formula

CERTIFICATE = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCnNhbmRib3gKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
"""Base64 of a certificate that nothing believes."""


def _ec2(prefix: str, resource: str, **outputs: object) -> Formula:
    """One of EC2, known by a number of its own."""
    arn = f"arn:aws:ec2:{{region}}:{{account}}:{resource}/{prefix}-{{hex17}}"
    return Formula(id=f"{prefix}-{{hex17}}", outputs={"arn": arn, **outputs}, region="{region}")


def _named(service: str, resource: str, name: str = "name", **outputs: object) -> Formula:
    """One that is known by its name."""
    arn = f"arn:aws:{service}:{{region}}:{{account}}:{resource}{{{name}}}"
    return Formula(id=f"{{{name}}}", outputs={"arn": arn, **outputs}, name=name, region="{region}")


def _iam(resource: str, **outputs: object) -> Formula:
    """One of IAM, which knows no regions."""
    arn = f"arn:aws:iam::{{account}}:{resource}/{{name}}"
    return Formula(id="{name}", outputs={"arn": arn, **outputs}, name="name")


NETWORK = {
    "aws:ec2/vpc:Vpc": _ec2(
        "vpc",
        "vpc",
        defaultSecurityGroupId="sg-{other17}",
        mainRouteTableId="rtb-{other17}",
        defaultRouteTableId="rtb-{other17}",
        defaultNetworkAclId="acl-{other17}",
        ownerId="{account}",
        enableDnsSupport=True,
        instanceTenancy="default",
    ),
    "aws:ec2/subnet:Subnet": _ec2(
        "subnet",
        "subnet",
        ownerId="{account}",
        availabilityZone="{zone_name}",
        availabilityZoneId="{zone_id}",
    ),
    "aws:ec2/internetGateway:InternetGateway": _ec2("igw", "internet-gateway", ownerId="{account}"),
    "aws:ec2/eip:Eip": _ec2(
        "eipalloc",
        "elastic-ip",
        allocationId="eipalloc-{hex17}",
        publicIp="198.51.100.{octet}",
        publicDns="ec2-198-51-100-{octet}.compute.amazonaws.com",
    ),
    "aws:ec2/natGateway:NatGateway": _ec2(
        "nat", "natgateway", publicIp="198.51.100.{octet}", networkInterfaceId="eni-{other17}"
    ),
    "aws:ec2/routeTable:RouteTable": _ec2("rtb", "route-table", ownerId="{account}"),
    "aws:ec2/route:Route": Formula(
        id="r-{routeTableId}{digits}",
        outputs={"state": "active", "origin": "CreateRoute"},
        region="{region}",
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Formula(
        id="rtbassoc-{hex17}", region="{region}"
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": _ec2(
        "vpce",
        "vpc-endpoint",
        state="available",
        ownerId="{account}",
        dnsEntries=[],
        networkInterfaceIds=[],
        prefixListId="pl-{other17}",
    ),
    "aws:ec2/securityGroup:SecurityGroup": Formula(
        id="sg-{hex17}",
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:security-group/sg-{hex17}",
            "ownerId": "{account}",
        },
        name="name",
        region="{region}",
    ),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": Formula(
        id="sg-{hex17}",
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:security-group/sg-{hex17}",
            "name": "default",
            "description": "default VPC security group",
            "ownerId": "{account}",
        },
        region="{region}",
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _ec2(
        "sgr", "security-group-rule", securityGroupRuleId="sgr-{hex17}"
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _ec2(
        "sgr", "security-group-rule", securityGroupRuleId="sgr-{hex17}"
    ),
    "aws:ec2/flowLog:FlowLog": _ec2("fl", "vpc-flow-log"),
}

MACHINES = {
    "aws:ec2/launchTemplate:LaunchTemplate": Formula(
        id="lt-{hex17}",
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:launch-template/lt-{hex17}",
            "latestVersion": "{revision}",
            "defaultVersion": 1,
        },
        name="name",
        region="{region}",
    ),
    "aws:ec2/placementGroup:PlacementGroup": _named(
        "ec2", "placement-group/", placementGroupId="pg-{hex17}"
    ),
    "aws:ec2/capacityReservation:CapacityReservation": _ec2(
        "cr", "capacity-reservation", ownerId="{account}", endDateType="unlimited"
    ),
    "aws:ec2/capacityBlockReservation:CapacityBlockReservation": _ec2(
        "cr", "capacity-reservation", reservationType="capacity-block", createdDate="2026-01-01"
    ),
}

IDENTITY = {
    "aws:iam/role:Role": _iam(
        "role", uniqueId="AROA{id17}", createDate="2026-01-01T00:00:00Z", path="/"
    ),
    "aws:iam/policy:Policy": Formula(
        id="arn:aws:iam::{account}:policy/{name}",
        outputs={"arn": "arn:aws:iam::{account}:policy/{name}", "policyId": "ANPA{id17}"},
        name="name",
    ),
    "aws:iam/rolePolicy:RolePolicy": Formula(id="{role}:{name}", name="name"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Formula(id="{role}/{policyArn}"),
    "aws:iam/instanceProfile:InstanceProfile": _iam("instance-profile", uniqueId="AIPA{id17}"),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Formula(
        id="arn:aws:iam::{account}:oidc-provider/{host}",
        outputs={
            "arn": "arn:aws:iam::{account}:oidc-provider/{host}",
            "thumbprintLists": ["{hex40}"],
        },
    ),
    "aws:kms/key:Key": Formula(
        id="{uuid}",
        outputs={"arn": "arn:aws:kms:{region}:{account}:key/{uuid}", "keyId": "{uuid}"},
        region="{region}",
    ),
    "aws:kms/alias:Alias": _named("kms", "", targetKeyArn="{targetKeyId}"),
}

EKS = {
    "aws:eks/cluster:Cluster": Formula(
        id="{name}",
        outputs={
            "arn": "arn:aws:eks:{region}:{account}:cluster/{name}",
            "endpoint": "https://{HEX32}.gr7.{region}.eks.amazonaws.com",
            "certificateAuthority": {"data": CERTIFICATE},
            "certificateAuthorities": [{"data": CERTIFICATE}],
            "identities": [
                {"oidcs": [{"issuer": "https://oidc.eks.{region}.amazonaws.com/id/{HEX32}"}]}
            ],
            "vpcConfig": {"clusterSecurityGroupId": "sg-{hex17}", "vpcId": "{vpc}"},
            "status": "ACTIVE",
            "platformVersion": "eks.9",
            "version": "1.34",
            "createdAt": "2026-01-01T00:00:00Z",
        },
        name="name",
        region="{region}",
    ),
    "aws:eks/nodeGroup:NodeGroup": Formula(
        id="{clusterName}:{nodeGroupName}",
        outputs={
            "arn": "arn:aws:eks:{region}:{account}:nodegroup/{clusterName}/{nodeGroupName}/{uuid}",
            "status": "ACTIVE",
            "amiType": "AL2023_x86_64_STANDARD",
            "capacityType": "ON_DEMAND",
            "version": "1.34",
            "releaseVersion": "1.34.2-20260101",
            "resources": [{"autoscalingGroups": [{"name": "eks-{nodeGroupName}-{uuid}"}]}],
        },
        name="nodeGroupName",
        region="{region}",
    ),
    "aws:eks/addon:Addon": Formula(
        id="{clusterName}:{addonName}",
        outputs={
            "arn": "arn:aws:eks:{region}:{account}:addon/{clusterName}/{addonName}/{uuid}",
            "addonVersion": "v1.20.0-eksbuild.1",
            "createdAt": "2026-01-01T00:00:00Z",
        },
        region="{region}",
    ),
    "aws:eks/accessEntry:AccessEntry": Formula(
        id="{clusterName}:{principalArn}",
        outputs={
            "accessEntryArn": "arn:aws:eks:{region}:{account}:access-entry/{clusterName}/{uuid}",
            "type": "STANDARD",
        },
        region="{region}",
    ),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": Formula(
        id="{clusterName}#{principalArn}#{policyArn}",
        outputs={"associatedAt": "2026-01-01T00:00:00Z"},
        region="{region}",
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Formula(
        id="a-{hex17}",
        outputs={
            "associationId": "a-{hex17}",
            "associationArn": "arn:aws:eks:{region}:{account}:podidentityassociation/{clusterName}/a-{hex17}",
        },
        region="{region}",
    ),
}

OTHERS = {
    "aws:budgets/budget:Budget": Formula(
        id="{account}:{name}",
        outputs={"arn": "arn:aws:budgets::{account}:budget/{name}", "accountId": "{account}"},
        name="name",
    ),
    "aws:cloudwatch/logGroup:LogGroup": _named("logs", "log-group:"),
    "aws:sns/topic:Topic": Formula(
        id="arn:aws:sns:{region}:{account}:{name}",
        outputs={"arn": "arn:aws:sns:{region}:{account}:{name}", "owner": "{account}"},
        name="name",
        region="{region}",
    ),
    "aws:s3/bucket:Bucket": Formula(
        id="{bucket}",
        outputs={
            "arn": "arn:aws:s3:::{bucket}",
            "bucketRegionalDomainName": "{bucket}.s3.{region}.amazonaws.com",
        },
        name="bucket",
        region="{region}",
    ),
    "aws:fsx/lustreFileSystem:LustreFileSystem": Formula(
        id="fs-{hex17}",
        outputs={
            "arn": "arn:aws:fsx:{region}:{account}:file-system/fs-{hex17}",
            "dnsName": "fs-{hex17}.fsx.{region}.amazonaws.com",
            "mountName": "{hex8}",
        },
        region="{region}",
    ),
}

FORMULAS = {**NETWORK, **MACHINES, **IDENTITY, **EKS, **OTHERS}

ELSE = Formula(
    id="{hex17}",
    outputs={"arn": "arn:aws:sandbox:{region}:{account}:{kind}/{hex17}"},
    region="{region}",
)
"""For a type that nobody described."""
