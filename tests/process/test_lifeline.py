import subprocess
import sys

import pytest

HOLDER = """
import os, subprocess, sys
ends = os.pipe()
environment = {**os.environ, "DAYKEEL_LIFELINE": str(ends[0])}
held = subprocess.Popen([sys.executable, "-c", sys.argv[1]], env=environment, pass_fds=ends[:1])
print(held.pid, flush=True)
sys.stdin.read()
"""
SYNC = """
from daykeel.process.signals import told_to_stop
stop = told_to_stop()
print("works", flush=True)
stop.wait()
print("ended", flush=True)
"""
LOOP = """
import asyncio
from daykeel.process.signals import told_to_stop_in_loop
async def run():
    told, stop = told_to_stop_in_loop()
    print("works", flush=True)
    await told.wait()
    print("ended", stop.is_set(), flush=True)
asyncio.run(run())
"""


@pytest.mark.parametrize("program", [SYNC, LOOP], ids=["threads", "loop"])
def test_a_process_ends_well_when_who_looks_after_it_is_killed(program):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        lines = [holder.stdout.readline() for _ in range(2)]
        holder.kill()

        rest = holder.stdout.read()  # ends when the process that inherited it has ended

    assert "works\n" in lines
    assert rest.startswith("ended")


def test_without_anybody_who_looks_after_it_a_process_works_on():
    with subprocess.Popen(
        [sys.executable, "-c", SYNC], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as alone:
        assert alone.stdout.readline() == "works\n"
        alone.terminate()
        assert alone.stdout.readline() == "ended\n"
