"""How the clouds say no: codes and wording of the real ones."""


class Refusal(Exception):
    """The cloud does not do what it was asked; its text is the cloud's own."""


AWS_EXPIRED = "ExpiredToken: The security token included in the request is expired"
AZURE_EXPIRED = (
    "ExpiredAuthenticationToken: The access token expiry UTC time is earlier than current UTC time"
)
GCP_EXPIRED = (
    "googleapi: Error 401: Request had invalid authentication credentials. Expected OAuth 2 access "
    "token, login cookie or other valid authentication credential., UNAUTHENTICATED"
)
EXPIRED = {
    "aws": f"operation error: https response error StatusCode: 403, api error {AWS_EXPIRED}",
    "azure-native": f'Status=401 Code="{AZURE_EXPIRED}"',
    "gcp": GCP_EXPIRED,
    "kubernetes": "Unauthorized: the server has asked for the client to provide credentials",
}

DENIED = {
    "aws": "api error UnauthorizedOperation: You are not authorized to perform this operation.",
    "azure-native": 'Status=403 Code="AuthorizationFailed" Message="The client does not have '
    'authorization to perform action over scope."',
    "gcp": "googleapi: Error 403: Required permission is missing., forbidden PERMISSION_DENIED",
    "kubernetes": "Forbidden: the user can not create resource",
}

BUSY = {
    "aws": "api error ThrottlingException: Rate exceeded",
    "azure-native": 'Status=429 Code="TooManyRequests" Message="The request is being throttled."',
    "gcp": "googleapi: Error 429: Quota exceeded for quota metric 'Queries' and limit 'Queries per "
    "minute', rateLimitExceeded",
    "kubernetes": "TooManyRequests: the server has received too many requests",
}


def taken(package: str, type: str, id: str) -> Refusal:  # noqa: A002
    """A resource of that name is there already."""
    name = id.rpartition("/")[2]
    match package:
        case "aws" if type.startswith("aws:eks/"):
            text = f"api error ResourceInUseException: {type.rpartition(':')[2]} already exists with name: {name}"
        case "aws":
            text = f"api error EntityAlreadyExists: {type.rpartition(':')[2]} with name {name} already exists."
        case "azure-native":
            text = f"cannot create already existing resource '{id}'"
        case "gcp":
            text = f"googleapi: Error 409: The resource '{id}' already exists, alreadyExists"
        case _:
            text = f'AlreadyExists: {type.rpartition(":")[2]} "{name}" already exists'
    return Refusal(text)


def out_of_stock(package: str, machine_type: str, region: str, zone: str) -> Refusal:
    """No such machine is free there."""
    match package:
        case "aws":
            where = f" in the Availability Zone you requested ({zone})" if zone else ""
            text = (
                "api error InsufficientInstanceCapacity: We currently do not have sufficient "
                f"{machine_type} capacity{where}. Our system will be working on provisioning "
                "additional capacity."
            )
        case "azure-native" if zone:
            text = (
                'Code="ZonalAllocationFailed" Message="Allocation failed. We do not have sufficient '
                f"capacity for the requested VM size {machine_type} in this zone ({zone}). Read more "
                'about improving likelihood of allocation success."'
            )
        case "azure-native":
            text = (
                'Code="SkuNotAvailable" Message="The requested size for resource is currently not '
                f"available in location '{region}' zones '' for subscription: {machine_type}. Please "
                'try another size or deploy to a different location or zones."'
            )
        case _:
            text = (
                "googleapi: Error 503: ZONE_RESOURCE_POOL_EXHAUSTED (GCE_STOCKOUT): The zone "
                f"'{zone or region}' does not have enough resources available to fulfill the "
                f"request for machine type {machine_type}. Try a different zone, or try again later."
            )
    return Refusal(text)


def over_quota(package: str, family: str, region: str, limit: int, asked: int) -> Refusal:
    """The account may not run that much."""
    match package:
        case "aws":
            text = (
                f"api error VcpuLimitExceeded: You have requested more vCPU capacity ({asked}) than "
                f"your current vCPU limit of {limit} allows for the instance bucket {family} in "
                f"{region} that the specified instance type belongs to."
            )
        case "azure-native":
            text = (
                'Code="QuotaExceeded" Message="OperationNotAllowed: Operation could not be completed '
                f"as it results in exceeding approved {family} Cores quota. Location: {region}, "
                f'Current Limit: {limit}, New Limit Required: {asked}."'
            )
        case _:
            text = (
                f"googleapi: Error 403: QUOTA_EXCEEDED: Quota '{family}' exceeded. Limit: {limit} in "
                f"region {region}, required: {asked}., quotaExceeded"
            )
    return Refusal(text)


def not_found(type: str, id: str) -> Refusal:  # noqa: A002
    """There is no such resource."""
    return Refusal(f"ResourceNotFoundException: {type} {id} not found")


def refused(package: str, reason: str) -> Refusal:
    """What was asked makes no sense to the cloud."""
    match package:
        case "aws":
            return Refusal(f"api error InvalidParameterException: {reason}")
        case "azure-native":
            return Refusal(f'Status=400 Code="InvalidParameter" Message="{reason}"')
        case "gcp":
            return Refusal(f"googleapi: Error 400: {reason}, badRequest")
        case _:
            return Refusal(f"Invalid: {reason}")


def locked(id: str, lock: str) -> Refusal:  # noqa: A002
    """A lock of Azure keeps it."""
    return Refusal(
        f'Status=409 Code="ScopeLocked" Message="The scope \'{id}\' cannot perform delete operation '
        f"because following scope(s) are locked: '{lock}'. Please remove the lock and try again.\""
    )
