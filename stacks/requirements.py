"""The programs by which clouds are changed, for `broker doctor`: none is needed to plan."""

import os

from broker.ports.installation import Program
from stacks.engine import OLDEST, engine_path

PROGRAMS = (
    Program(
        name="pulumi",
        arguments=("version",),
        purpose="changing clouds; not needed to plan",
        source="`make engine` in a checkout, or https://www.pulumi.com/docs/install",
        path=engine_path(os.environ),
        oldest=OLDEST,
    ),
    Program(
        name="go",
        arguments=("version",),
        purpose="building the engine (`make engine`); not needed to plan",
        source="https://go.dev/dl",
    ),
)
