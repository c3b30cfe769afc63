"""Google Cloud: ids are paths below the project."""

from stacks.sandbox.outputs.formulas import Formula

HERE = "projects/{project}"
COMPUTE = "https://www.googleapis.com/compute/v1/"
CERTIFICATE = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCnNhbmRib3gKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="


def _compute(path: str, **outputs: object) -> Formula:
    """One of Compute Engine."""
    link = f"{COMPUTE}{HERE}/{path}"
    return Formula(
        id=f"{HERE}/{path}",
        outputs={"selfLink": link, "project": "{project}", **outputs},
        name="name",
    )


def _grant(base: str) -> Formula:
    """A role that a member has of something."""
    return Formula(id=base + "/{role}/{member}", outputs={"etag": "BwYAAAAAAAA="})


FORMULAS = {
    "gcp:compute/network:Network": _compute(
        "global/networks/{name}", gatewayIpv4="", networkId="{digits}"
    ),
    "gcp:compute/subnetwork:Subnetwork": _compute(
        "regions/{region}/subnetworks/{name}", gatewayAddress="10.0.0.1", fingerprint="{hex8}"
    ),
    "gcp:compute/router:Router": _compute("regions/{region}/routers/{name}"),
    "gcp:compute/address:Address": _compute(
        "regions/{region}/addresses/{name}", address="203.0.113.{octet}"
    ),
    "gcp:compute/globalAddress:GlobalAddress": _compute(
        "global/addresses/{name}", address="10.{octet}.0.0"
    ),
    "gcp:compute/firewall:Firewall": _compute("global/firewalls/{name}"),
    "gcp:compute/resourcePolicy:ResourcePolicy": _compute(
        "regions/{region}/resourcePolicies/{name}"
    ),
    "gcp:compute/reservation:Reservation": _compute(
        "zones/{zone}/reservations/{name}", status="READY", commitment=""
    ),
    "gcp:compute/regionCommitment:RegionCommitment": _compute(
        "regions/{region}/commitments/{name}", status="ACTIVE"
    ),
    "gcp:compute/routerNat:RouterNat": Formula(
        id="{project}/{region}/{router}/{name}", outputs={"project": "{project}"}, name="name"
    ),
    "gcp:container/cluster:Cluster": Formula(
        id=HERE + "/locations/{location}/clusters/{name}",
        outputs={
            "endpoint": "10.255.{octet}.{last_octet}",
            "selfLink": "https://container.googleapis.com/v1/"
            + HERE
            + "/locations/{location}/clusters/{name}",
            "masterAuth": {"clusterCaCertificate": CERTIFICATE},
            "masterVersion": "1.34.2-gke.1000",
            "project": "{project}",
            "workloadIdentityConfig": {"workloadPool": "{project}.svc.id.goog"},
            "controlPlaneEndpointsConfig": {
                "dnsEndpointConfig": {"endpoint": "gke-{hex32}-{digits}.{location}.gke.goog"}
            },
            "privateClusterConfig": {"privateEndpoint": "10.255.{octet}.{last_octet}"},
            "servicesIpv4Cidr": "34.118.224.0/20",
            "tpuIpv4CidrBlock": "",
        },
        name="name",
    ),
    "gcp:container/nodePool:NodePool": Formula(
        id=HERE + "/locations/{location}/clusters/{cluster_name}/nodePools/{name}",
        outputs={
            "instanceGroupUrls": [
                COMPUTE + HERE + "/zones/{zone}/instanceGroupManagers/gke-{name}-{hex8}-grp"
            ],
            "managedInstanceGroupUrls": [
                COMPUTE + HERE + "/zones/{zone}/instanceGroups/gke-{name}-{hex8}-grp"
            ],
            "operation": "",
            "project": "{project}",
            "version": "1.34.2-gke.1000",
        },
        name="name",
    ),
    "gcp:serviceaccount/account:Account": Formula(
        id=HERE + "/serviceAccounts/{accountId}@{project}.iam.gserviceaccount.com",
        outputs={
            "email": "{accountId}@{project}.iam.gserviceaccount.com",
            "member": "serviceAccount:{accountId}@{project}.iam.gserviceaccount.com",
            "name": HERE + "/serviceAccounts/{accountId}@{project}.iam.gserviceaccount.com",
            "uniqueId": "{digits}",
            "project": "{project}",
        },
    ),
    "gcp:serviceaccount/iAMMember:IAMMember": _grant("{serviceAccountId}"),
    "gcp:serviceaccount/iAMBinding:IAMBinding": Formula(id="{serviceAccountId}/{role}"),
    "gcp:projects/iAMMember:IAMMember": _grant("{project}"),
    "gcp:projects/service:Service": Formula(id="{project}/{service}"),
    "gcp:kms/keyRing:KeyRing": Formula(
        id=HERE + "/locations/{location}/keyRings/{name}",
        outputs={"project": "{project}"},
        name="name",
    ),
    "gcp:kms/cryptoKey:CryptoKey": Formula(
        id="{keyRing}/cryptoKeys/{name}",
        outputs={
            "primaries": [
                {"name": "{keyRing}/cryptoKeys/{name}/cryptoKeyVersions/1", "state": "ENABLED"}
            ]
        },
        name="name",
    ),
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember": _grant("{cryptoKeyId}"),
    "gcp:storage/bucket:Bucket": Formula(
        id="{name}", outputs={"url": "gs://{name}", "project": "{project}"}, name="name"
    ),
    "gcp:storage/bucketIAMMember:BucketIAMMember": _grant("b/{bucket}"),
    "gcp:billing/budget:Budget": Formula(
        id="billingAccounts/{billingAccount}/budgets/{uuid}", outputs={"name": "{uuid}"}
    ),
    "gcp:gkehub/membership:Membership": Formula(
        id=HERE + "/locations/{location}/memberships/{membershipId}",
        outputs={"name": HERE + "/locations/{location}/memberships/{membershipId}"},
    ),
    "gcp:logging/metric:Metric": Formula(id="{name}", name="name"),
}

ELSE = Formula(id=HERE + "/sandbox/{kind}/{hex17}", outputs={"project": "{project}"})
"""For a type that nobody described."""
