"""The key that the secrets of a member on GKE are encrypted with."""

import pulumi
import pulumi_gcp as gcp

from broker.domain.members import Member
from stacks.programs.gcp.project import Project
from stacks.programs.member_names import KEY_STEM, member_name
from stacks.programs.tags import labels

ROTATION = f"{90 * 24 * 3600}s"
"""A new version each 90 days (cloud.google.com/kms/docs/key-rotation)."""


def secrets_key(member: Member, project: Project) -> tuple[gcp.kms.CryptoKey, pulumi.Resource]:
    """A key, and the grant by which GKE may use it.

    Google never gives the name of a key or of its ring again, so the engine ends both in digits of
    its own, which it remembers: a member that is made again gets others.
    """
    stem = member_name(KEY_STEM, member)
    ring = gcp.kms.KeyRing(stem, location=member.region.region)
    key = gcp.kms.CryptoKey(
        stem,
        key_ring=ring.id,
        purpose="ENCRYPT_DECRYPT",
        rotation_period=ROTATION,
        labels=labels(member, "secrets"),
    )
    agent = pulumi.Output.concat(
        "serviceAccount:service-", project.number, "@container-engine-robot.iam.gserviceaccount.com"
    )
    grant = gcp.kms.CryptoKeyIAMMember(
        "secrets",
        crypto_key_id=key.id,
        role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
        member=agent,
    )
    return key, grant
