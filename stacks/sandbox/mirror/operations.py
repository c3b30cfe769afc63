"""The types of AWS that the HTTP sandbox has too; what it lacks is in the ledger alone."""

from collections.abc import Mapping

from stacks.sandbox.mirror.operation import Operation, Step

NETWORK = {
    "aws:ec2/vpc:Vpc": Operation(
        service="ec2",
        create=Step("create_vpc", {"CidrBlock": "{cidrBlock}"}),
        tells={"hex17": "Vpc.VpcId"},
        tagged="vpc",
        look=Step("describe_vpcs", {"VpcIds": ["{id}"]}),
        delete=(Step("delete_vpc", {"VpcId": "{id}"}),),
    ),
    "aws:ec2/subnet:Subnet": Operation(
        service="ec2",
        create=Step(
            "create_subnet",
            {
                "VpcId": "{vpcId}",
                "CidrBlock": "{cidrBlock}",
                "AvailabilityZone": "{zone.name}",
                "AvailabilityZoneId": "{zone.id}",
            },
        ),
        tells={"hex17": "Subnet.SubnetId"},
        outputs={
            "availabilityZone": "Subnet.AvailabilityZone",
            "availabilityZoneId": "Subnet.AvailabilityZoneId",
        },
        tagged="subnet",
        look=Step("describe_subnets", {"SubnetIds": ["{id}"]}),
        delete=(Step("delete_subnet", {"SubnetId": "{id}"}),),
    ),
    "aws:ec2/internetGateway:InternetGateway": Operation(
        service="ec2",
        create=Step("create_internet_gateway", {}),
        after=(Step("attach_internet_gateway", {"InternetGatewayId": "{id}", "VpcId": "{vpcId}"}),),
        tells={"hex17": "InternetGateway.InternetGatewayId"},
        tagged="internet-gateway",
        look=Step("describe_internet_gateways", {"InternetGatewayIds": ["{id}"]}),
        delete=(
            Step("detach_internet_gateway", {"InternetGatewayId": "{id}", "VpcId": "{vpcId}"}),
            Step("delete_internet_gateway", {"InternetGatewayId": "{id}"}),
        ),
    ),
    "aws:ec2/eip:Eip": Operation(
        service="ec2",
        create=Step("allocate_address", {"Domain": "vpc"}),
        tells={"hex17": "AllocationId"},
        outputs={"publicIp": "PublicIp"},
        look=Step("describe_addresses", {"AllocationIds": ["{id}"]}),
        delete=(Step("release_address", {"AllocationId": "{id}"}),),
    ),
    "aws:ec2/natGateway:NatGateway": Operation(
        service="ec2",
        create=Step(
            "create_nat_gateway", {"SubnetId": "{subnetId}", "AllocationId": "{allocationId}"}
        ),
        tells={"hex17": "NatGateway.NatGatewayId"},
        outputs={"publicIp": "NatGateway.NatGatewayAddresses[0].PublicIp"},
        tagged="natgateway",
        look=Step("describe_nat_gateways", {"NatGatewayIds": ["{id}"]}),
        delete=(
            Step("delete_nat_gateway", {"NatGatewayId": "{id}"}),
            # moto leaves the address with the gateway that is gone.
            Step("disassociate_address", {"PublicIp": "{publicIp}"}),
        ),
    ),
    "aws:ec2/routeTable:RouteTable": Operation(
        service="ec2",
        create=Step("create_route_table", {"VpcId": "{vpcId}"}),
        tells={"hex17": "RouteTable.RouteTableId"},
        tagged="route-table",
        look=Step("describe_route_tables", {"RouteTableIds": ["{id}"]}),
        delete=(Step("delete_route_table", {"RouteTableId": "{id}"}),),
    ),
    "aws:ec2/route:Route": Operation(
        service="ec2",
        create=Step(
            "create_route",
            {
                "RouteTableId": "{routeTableId}",
                "DestinationCidrBlock": "{destinationCidrBlock}",
                "GatewayId": "{gatewayId}",
                "NatGatewayId": "{natGatewayId}",
            },
        ),
        delete=(
            Step(
                "delete_route",
                {
                    "RouteTableId": "{routeTableId}",
                    "DestinationCidrBlock": "{destinationCidrBlock}",
                },
            ),
        ),
    ),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Operation(
        service="ec2",
        create=Step(
            "associate_route_table", {"RouteTableId": "{routeTableId}", "SubnetId": "{subnetId}"}
        ),
        tells={"hex17": "AssociationId"},
        delete=(Step("disassociate_route_table", {"AssociationId": "{id}"}),),
    ),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Operation(
        service="ec2",
        create=Step(
            "create_vpc_endpoint",
            {
                "VpcId": "{vpcId}",
                "ServiceName": "{serviceName}",
                "VpcEndpointType": "{vpcEndpointType}",
                "RouteTableIds": "{routeTableIds}",
                "SubnetIds": "{subnetIds}",
                "SecurityGroupIds": "{securityGroupIds}",
            },
        ),
        tells={"hex17": "VpcEndpoint.VpcEndpointId"},
        tagged="vpc-endpoint",
        look=Step("describe_vpc_endpoints", {"VpcEndpointIds": ["{id}"]}),
        delete=(Step("delete_vpc_endpoints", {"VpcEndpointIds": ["{id}"]}),),
    ),
    "aws:ec2/securityGroup:SecurityGroup": Operation(
        service="ec2",
        create=Step(
            "create_security_group",
            {"GroupName": "{name}", "Description": "{description}", "VpcId": "{vpcId}"},
        ),
        tells={"hex17": "GroupId"},
        tagged="security-group",
        look=Step("describe_security_groups", {"GroupIds": ["{id}"]}),
        delete=(Step("delete_security_group", {"GroupId": "{id}"}),),
    ),
}

PERMISSIONS = [
    {
        "IpProtocol": "{ipProtocol}",
        "FromPort": "{fromPort}",
        "ToPort": "{toPort}",
        "IpRanges": [{"CidrIp": "{cidrIpv4}"}],
        "UserIdGroupPairs": [{"GroupId": "{referencedSecurityGroupId}"}],
    }
]


def _rule(way: str) -> Operation:
    """A rule of a security group, of one *way*."""
    given = {"GroupId": "{securityGroupId}"}
    return Operation(
        service="ec2",
        create=Step(f"authorize_security_group_{way}", {**given, "IpPermissions": PERMISSIONS}),
        tells={"hex17": "SecurityGroupRules[0].SecurityGroupRuleId"},
        delete=(Step(f"revoke_security_group_{way}", {**given, "SecurityGroupRuleIds": ["{id}"]}),),
    )


RULES = {
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule("ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule("egress"),
}

MACHINES = {
    "aws:ec2/launchTemplate:LaunchTemplate": Operation(
        service="ec2",
        create=Step(
            "create_launch_template",
            {
                "LaunchTemplateName": "{name}",
                "LaunchTemplateData": {
                    "InstanceType": "{instanceType}",
                    "Placement": {"GroupName": "{placement.groupName}"},
                    "MetadataOptions": {"HttpEndpoint": "enabled"},
                },
            },
        ),
        tells={"hex17": "LaunchTemplate.LaunchTemplateId"},
        tagged="launch-template",
        look=Step("describe_launch_templates", {"LaunchTemplateIds": ["{id}"]}),
        update=Step(
            "create_launch_template_version",
            {
                "LaunchTemplateId": "{id}",
                "LaunchTemplateData": {
                    "InstanceType": "{instanceType}",
                    "MetadataOptions": {"HttpEndpoint": "enabled"},
                },
            },
        ),
        delete=(Step("delete_launch_template", {"LaunchTemplateId": "{id}"}),),
    ),
}

ROLE = {"RoleName": "{role}", "PolicyArn": "{policyArn}"}
IDENTITY = {
    "aws:iam/role:Role": Operation(
        service="iam",
        create=Step(
            "create_role",
            {"RoleName": "{name}", "AssumeRolePolicyDocument": "{assumeRolePolicy}"},
        ),
        look=Step("get_role", {"RoleName": "{name}"}),
        delete=(Step("delete_role", {"RoleName": "{name}"}),),
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Operation(
        service="iam",
        create=Step("attach_role_policy", ROLE),
        delete=(Step("detach_role_policy", ROLE),),
        skips=("policyArn", "arn:aws:iam::aws:policy/"),
    ),
    "aws:iam/policy:Policy": Operation(
        service="iam",
        create=Step("create_policy", {"PolicyName": "{name}", "PolicyDocument": "{policy}"}),
        look=Step("get_policy", {"PolicyArn": "{id}"}),
        delete=(Step("delete_policy", {"PolicyArn": "{id}"}),),
    ),
    "aws:iam/rolePolicy:RolePolicy": Operation(
        service="iam",
        create=Step(
            "put_role_policy",
            {"RoleName": "{role}", "PolicyName": "{name}", "PolicyDocument": "{policy}"},
        ),
        delete=(Step("delete_role_policy", {"RoleName": "{role}", "PolicyName": "{name}"}),),
    ),
    "aws:kms/key:Key": Operation(
        service="kms",
        create=Step("create_key", {"Description": "{description}"}),
        tells={"uuid": "KeyMetadata.KeyId"},
        look=Step("describe_key", {"KeyId": "{id}"}),
        delete=(
            Step(
                "schedule_key_deletion",
                {"KeyId": "{id}", "PendingWindowInDays": "{deletionWindowInDays}"},
            ),
        ),
    ),
    "aws:kms/alias:Alias": Operation(
        service="kms",
        create=Step("create_alias", {"AliasName": "{name}", "TargetKeyId": "{targetKeyId}"}),
        delete=(Step("delete_alias", {"AliasName": "{name}"}),),
    ),
}

SCALING = {
    "minSize": "{scalingConfig.minSize}",
    "desiredSize": "{scalingConfig.desiredSize}",
    "maxSize": "{scalingConfig.maxSize}",
}
NODE_GROUP = {"clusterName": "{clusterName}", "nodegroupName": "{nodeGroupName}"}
EKS = {
    "aws:eks/cluster:Cluster": Operation(
        service="eks",
        create=Step(
            "create_cluster",
            {
                "name": "{name}",
                "roleArn": "{roleArn}",
                "version": "{version}",
                "resourcesVpcConfig": {
                    "subnetIds": "{vpcConfig.subnetIds}",
                    "endpointPublicAccess": "{vpcConfig.endpointPublicAccess}",
                    "endpointPrivateAccess": "{vpcConfig.endpointPrivateAccess}",
                },
                "tags": "{tags}",
            },
        ),
        look=Step("describe_cluster", {"name": "{name}"}),
        delete=(Step("delete_cluster", {"name": "{name}"}),),
    ),
    "aws:eks/nodeGroup:NodeGroup": Operation(
        service="eks",
        create=Step(
            "create_nodegroup",
            {
                **NODE_GROUP,
                "scalingConfig": SCALING,
                "subnets": "{subnetIds}",
                "nodeRole": "{nodeRoleArn}",
                "instanceTypes": "{instanceTypes}",
                "capacityType": "{capacityType}",
                "amiType": "{amiType}",
                "labels": "{labels}",
                "taints": "{taints}",
                "tags": "{tags}",
                "launchTemplate": {
                    "id": "{launchTemplate.id}",
                    "version": "{launchTemplate.version}",
                },
            },
        ),
        look=Step("describe_nodegroup", NODE_GROUP),
        update=Step("update_nodegroup_config", {**NODE_GROUP, "scalingConfig": SCALING}),
        delete=(Step("delete_nodegroup", NODE_GROUP),),
    ),
}

OTHERS = {
    "aws:sns/topic:Topic": Operation(
        service="sns",
        create=Step("create_topic", {"Name": "{name}"}),
        look=Step("get_topic_attributes", {"TopicArn": "{id}"}),
        delete=(Step("delete_topic", {"TopicArn": "{id}"}),),
    ),
    "aws:cloudwatch/logGroup:LogGroup": Operation(
        service="logs",
        create=Step("create_log_group", {"logGroupName": "{name}"}),
        delete=(Step("delete_log_group", {"logGroupName": "{name}"}),),
    ),
    "aws:budgets/budget:Budget": Operation(
        service="budgets",
        create=Step(
            "create_budget",
            {
                "AccountId": "{accountId}",
                "Budget": {
                    "BudgetName": "{name}",
                    "BudgetType": "{budgetType}",
                    "TimeUnit": "{timeUnit}",
                    "BudgetLimit": {"Amount": "{limitAmount}", "Unit": "{limitUnit}"},
                },
            },
        ),
        look=Step("describe_budget", {"AccountId": "{accountId}", "BudgetName": "{name}"}),
        delete=(Step("delete_budget", {"AccountId": "{accountId}", "BudgetName": "{name}"}),),
    ),
}

OPERATIONS: Mapping[str, Operation] = {
    **NETWORK,
    **RULES,
    **MACHINES,
    **IDENTITY,
    **EKS,
    **OTHERS,
}
