import subprocess
import sys

BUSY = """
from daykeel.process.signals import told_to_stop
stop = told_to_stop()
print("works", flush=True)
while not stop.is_set():
    stop.wait(0)  # nearly always within the event's lock
"""


def test_a_signal_ends_a_process_wherever_it_comes():
    processes = [
        subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    try:
        for one in processes:
            assert one.stdout.readline() == "works\n"
            one.terminate()

        assert [one.wait(60) for one in processes] == [0] * len(processes)
    finally:
        for one in processes:
            one.kill()
            one.communicate()
