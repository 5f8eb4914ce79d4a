import subprocess
import sys

import pytest

pytestmark = pytest.mark.unit

ENDING = """
import atexit, threading
from stream_v2m.core.leave import ForeignThread, leave
atexit.register(print, "registered")
threading.Thread(target=lambda: (threading.main_thread().join(), print("waited for"))).start()
if {busy}:
    ForeignThread(target=threading.Event().wait, daemon=True).start()
print("printed")
leave({code!r})
print("goes on")
"""


def ended(code: object, *, busy: bool) -> subprocess.CompletedProcess[str]:
    program = ENDING.format(code=code, busy=busy)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize(("code", "status"), [(None, 0), (0, 0), (3, 3), ("it broke", 1)])
def test_with_a_thread_in_a_library_the_process_ends_as_usual_but_at_once(code: object, status: int):
    process = ended(code, busy=True)
    assert process.returncode == status
    assert process.stdout.splitlines() == ["printed", "waited for", "registered"]
    assert process.stderr.strip() == (code if isinstance(code, str) else "")


def test_without_one_the_interpreter_ends_the_process():
    process = ended(3, busy=False)
    assert process.returncode == 0
    assert "goes on" in process.stdout
