"""The key that the secrets of a member on AKS are encrypted with, in a vault of its own."""

from dataclasses import dataclass

import pulumi_azure_native as azure

from broker.domain.members import Member
from stacks.programs.azure.network import AzureNetwork
from stacks.programs.member_names import VAULT_STEM, member_name
from stacks.programs.tags import tags

KEY_BITS = 3072
KEPT_DAYS = 7
"""How long a deleted vault can be called back: the shortest that Azure knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsKey:
    """The vault, and the key in it by its full address."""

    vault: azure.keyvault.Vault
    key: azure.keyvault.Key


def secrets_key(member: Member, network: AzureNetwork) -> SecretsKey:
    """A vault that asks roles who may use it, and one RSA key."""
    client = azure.authorization.get_client_config_output()
    # Azure holds the name of a deleted vault for days, so the engine ends it in digits of its own,
    # which it remembers: a member that is made again gets another one.
    stem = member_name(VAULT_STEM, member)
    vault = azure.keyvault.Vault(
        stem,
        resource_group_name=network.group.name,
        location=member.region.region,
        properties=azure.keyvault.VaultPropertiesArgs(
            sku=azure.keyvault.SkuArgs(family="A", name="standard"),
            tenant_id=client.tenant_id,
            enable_rbac_authorization=True,
            enable_soft_delete=True,
            soft_delete_retention_in_days=KEPT_DAYS,
            # What is protected can not be lost with its key, not even by an administrator.
            enable_purge_protection=True if member.is_protected else None,
        ),
        tags=tags(member, stem),
    )
    key = azure.keyvault.Key(
        "secrets",
        key_name="secrets",
        vault_name=vault.name,
        resource_group_name=network.group.name,
        properties=azure.keyvault.KeyPropertiesArgs(
            kty="RSA", key_size=KEY_BITS, key_ops=["encrypt", "decrypt", "wrapKey", "unwrapKey"]
        ),
        tags=tags(member, "secrets"),
    )
    return SecretsKey(vault=vault, key=key)
