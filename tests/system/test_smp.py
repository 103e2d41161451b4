# SPDX-License-Identifier: MIT
"""Several processors: a short stress, and races by seed.  The long forms: `make stress`, `make explore`."""
import os
import re
import subprocess
import sys

import pytest

from conftest import BUILD, ROOT

SCENARIOS = ["process", "threads", "memory", "names", "ending", "suspend", "waits", "locks", "timers", "io", "handles", "jobs", "files",
             "physical", "held", "debug"]
SECONDS = int(os.environ.get("STRESS_SECONDS", "8"))


@pytest.mark.parametrize("processors", [1, 4])
def test_stress(nrun, processors):
    """Processes and threads of all kinds end as they must; pages, pool, handles and objects are as before."""
    run = nrun(f"stress.exe {SECONDS}", "--smp", str(processors), "--timeout", str(SECONDS * 4 + 300))
    assert run.code == 0, run.out.decode("utf-8", "replace") + run.err.decode("utf-8", "replace")


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_explore(scenario):
    """Fifty seeds of each scenario."""
    result = subprocess.run([sys.executable, os.path.join(ROOT, "tools/explore"), "--seeds", "50", "--jobs", "1", scenario], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, env=dict(os.environ, BUILD=BUILD))
    assert result.returncode == 0, result.stdout
    assert re.search(r"\b50 seeds clean", result.stdout)


def test_a_seed_is_a_schedule(nrun):
    """A seed is a schedule: the same seed gives the same kernel log, byte for byte; another gives another."""
    logs = []
    for seed in (5, 5, 6):
        run = nrun("exitcode 0", "--smp", "2", "--icount", "--option", f"EXPLORE={seed}")
        assert run.code == 0
        logs.append(run.log_text())
    assert logs[0] == logs[1] != logs[2]
