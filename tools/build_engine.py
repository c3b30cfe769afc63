"""Build the Pulumi engine from tools/pulumi into the cache, unless one is at hand.

    python tools/build_engine.py [--always]

Needs Go and the modules of its proxy; cold about 11 minutes of one processor, then nothing. With
`--always`, builds even if an engine is told or on the PATH. Two at once build once.
"""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broker.domain.errors import EngineMissing
from stacks.engine import (
    MANIFESTS,
    PROGRAM,
    built_folder,
    cache_folder,
    find_engine,
    manifests_digest,
    version_of,
)

VERSION = "v3.259.0"
SAID_EVERY_SECONDS = 5.0
FLAGS = (
    "-trimpath",
    "-tags=osusergo,grpcnotrace",
    # Without its version, `pulumi version` prints nothing, and the SDK refuses the program.
    f"-ldflags=-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={VERSION}",
)
ENVIRONMENT = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}
NO_GO = """\
error: the Pulumi engine is not installed, and there is no Go to build it.
  Install Pulumi 3.259.0 or newer (https://www.pulumi.com/docs/install),
  or Go 1.26 or newer (https://go.dev/dl) and run this again.
  Everything but changing clouds works without it."""


def main(arguments: list[str]) -> int:
    """Build if there is need to; say what is there in the end."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--always", action="store_true", help="even if another engine is at hand")
    if not parser.parse_args(arguments).always:
        try:
            engine = find_engine(os.environ)
        except EngineMissing:
            pass
        else:
            print(f"the engine is {engine.path} ({engine.version})")
            return 0
    if shutil.which("go") is None:
        print(NO_GO, file=sys.stderr)
        return 1
    return _build()


def _build() -> int:
    digest = manifests_digest()
    if digest is None:
        print(f"error: {MANIFESTS} holds no go.mod and go.sum", file=sys.stderr)
        return 1
    into = built_folder(os.environ, digest, _go("env", "GOVERSION").strip())
    with _alone(cache_folder(os.environ) / f"{into.name}.lock"):
        program = into / "bin" / PROGRAM
        if version_of(program) is None:
            version_of.cache_clear()
            return _built(into)
    print(f"the engine is {program}")
    return 0


def _built(into: Path) -> int:
    for left in into.parent.glob(f"{into.name}.part-*"):
        shutil.rmtree(left, ignore_errors=True)
    part = into.with_name(f"{into.name}.part-{os.getpid()}")
    (part / "bin").mkdir(parents=True)
    began = time.monotonic()
    print(f"building the Pulumi engine {VERSION} into {into}", flush=True)
    print("  (once; about 6 minutes on two idle processors)", flush=True)
    command = [
        "go",
        "-C",
        str(MANIFESTS),
        "build",
        "-v",
        "-p",
        "2",
        *FLAGS,
        "-o",
        f"{part}/bin/",
        "tool",
    ]
    code = _told_of(command, began)
    if code == 0:
        shutil.rmtree(into, ignore_errors=True)
        part.rename(into)
        print(f"built in {time.monotonic() - began:.0f} s: {into / 'bin' / PROGRAM}")
    else:
        shutil.rmtree(part, ignore_errors=True)
        print(f"error: go ended with {code}; what it said is above", file=sys.stderr)
    return 0 if code == 0 else 1


def _told_of(command: list[str], began: float) -> int:
    """Run it, and say every few seconds how far it has come."""
    with subprocess.Popen(
        command, env={**os.environ, **ENVIRONMENT}, stderr=subprocess.PIPE, text=True
    ) as build:
        done, ended = Counter[str](), threading.Event()

        def say() -> None:
            while not ended.wait(SAID_EVERY_SECONDS):
                passed = time.monotonic() - began
                fetched = f"{done['fetched']} modules fetched, " if done["fetched"] else ""
                print(
                    f"  {passed:4.0f} s: {fetched}{done['compiled']} packages compiled", flush=True
                )

        teller = threading.Thread(target=say)
        teller.start()
        try:
            for line in build.stderr or ():
                if line.startswith("go: downloading"):
                    done["fetched"] += 1
                elif _is_a_package(line):
                    done["compiled"] += 1
                else:
                    print(f"  {line.rstrip()}", file=sys.stderr)
            return build.wait()
        finally:
            ended.set()
            teller.join()


def _is_a_package(line: str) -> bool:
    # `go build -v` names each package on a line of its own; anything else is a word for people.
    return " " not in line.strip() and not line.startswith("#")


def _go(*arguments: str) -> str:
    done = subprocess.run(
        ["go", *arguments],  # noqa: S607 - the one on the PATH
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait for another build of the same; a killed one waits for nobody, the lock dies with it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("another build of the engine is under way; waiting for it", flush=True)
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
