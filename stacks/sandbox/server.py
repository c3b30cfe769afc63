"""One server per package, on free ports of this computer."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc  # type: ignore[import-untyped]  # grpcio brings no types along
from pulumi.runtime.proto import provider_pb2_grpc

from stacks.sandbox.desk import Desk
from stacks.sandbox.patience import Patience
from stacks.sandbox.servicer import SandboxServicer

WORKERS = 64
"""Calls that may wait at once, per package; threads are made as they are needed."""
MOST_BYTES = 400 << 20


class Servers:
    """Serves *desks* until `stop`."""

    def __init__(self, desks: Sequence[Desk]) -> None:
        self._patience = Patience()
        self._servers: list[grpc.Server] = []
        self.ports: Mapping[str, int] = {desk.package: self._serve(desk) for desk in desks}

    def _serve(self, desk: Desk) -> int:
        server = grpc.server(
            ThreadPoolExecutor(WORKERS), options=[("grpc.max_receive_message_length", MOST_BYTES)]
        )
        servicer = SandboxServicer(desk, self._patience)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = int(server.add_insecure_port("127.0.0.1:0"))
        server.start()
        self._servers.append(server)
        return port

    def stop(self) -> None:
        """Close the ports, and end what hangs; a second time does nothing."""
        self._patience.over.set()
        for stopped in [server.stop(0) for server in self._servers]:
            stopped.wait()
        self._servers.clear()
