"""The programs by which clouds are changed, for `broker doctor`: none is needed to plan."""

from broker.ports.installation import Program

PROGRAMS = (
    Program(
        name="pulumi",
        arguments=("version",),
        purpose="changing clouds; not needed to plan",
        source="https://www.pulumi.com/docs/install",
    ),
    Program(
        name="go",
        arguments=("version",),
        purpose="building tools; not needed to plan",
        source="https://go.dev/dl",
    ),
)
