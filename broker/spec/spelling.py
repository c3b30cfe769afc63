"""Names of the world in a spec, spelled as the tables spell them: `h100` is H100, as in options."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from broker.domain.geography import RegionKey
from broker.spec.values import Record, Value
from broker.spec.world import World


def spelled(fleet: Record, world: World) -> Record:
    """*fleet* with every name that is known but for its case as it is known; others are left."""
    return _Speller.of(world).record(fleet)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Speller:
    """The known spelling of names, by their folded case."""

    models: Mapping[str, str]
    jurisdictions: Mapping[str, str]
    clouds: Mapping[str, str]
    regions: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, world: World) -> Self:
        return cls(
            models=_by_folded(world.models),
            jurisdictions=_by_folded(world.jurisdictions),
            clouds=_by_folded(world.regions),
            regions={cloud: _by_folded(names) for cloud, names in world.regions.items()},
        )

    def record(self, record: Record, cloud: str | None = None) -> Record:
        values = {
            key: replace(value, content=self._content(value.content, key, cloud))
            for key, value in record.values.items()
        }
        return replace(record, values=values)

    def _content(self, content: Any, key: str, cloud: str | None) -> Any:
        match content:
            case Record():
                return (
                    self._providers(content) if key == "providers" else self.record(content, cloud)
                )
            case tuple():
                return tuple(self._item(item, key, cloud) for item in content)
            case RegionKey():
                return RegionKey.parse(self._place(str(content)))
            case str():
                return self._name(content, key, cloud)
            case _:
                return content

    def _item(self, item: Value, key: str, cloud: str | None) -> Value:
        return replace(item, content=self._content(item.content, key, cloud))

    def _providers(self, providers: Record) -> Record:
        scopes = {
            cloud: replace(scope, content=self.record(scope.content, cloud))
            for cloud, scope in providers.values.items()
        }
        return replace(providers, values=scopes)

    def _name(self, name: str, key: str, cloud: str | None) -> str:
        folded = name.casefold()
        match key:
            case "model" | "accelerator":
                return self.models.get(folded, name)
            case "residency":
                return self.jurisdictions.get(folded, name)
            case "regions" | "except" if cloud is not None:
                return self.regions.get(cloud, {}).get(folded, name)
            case "at":
                return self._place(name)
            case _:
                return name

    def _place(self, place: str) -> str:
        """`cloud` or `cloud/region`."""
        cloud, slash, region = place.partition("/")
        cloud = self.clouds.get(cloud.casefold(), cloud)
        return f"{cloud}{slash}{self.regions.get(cloud, {}).get(region.casefold(), region)}"


def _by_folded(names: Iterable[str]) -> Mapping[str, str]:
    return {name.casefold(): name for name in names}
