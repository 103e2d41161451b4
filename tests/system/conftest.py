# SPDX-License-Identifier: MIT
"""What the system tests share: nrun as a function, one interactive boot, the place for logs."""
import dataclasses
import os
import re
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

import qemu     # noqa: E402
import session  # noqa: E402

BUILD = qemu.build_directory()
RESULTS = os.path.join(BUILD, "test")


@dataclasses.dataclass
class Run:
    code: int
    out: bytes
    err: bytes
    log: str    # path

    def log_text(self):
        with open(self.log, "rb") as f:
            return f.read().decode("utf-8", "replace")


def log_path(name):
    folder = os.path.join(RESULTS, "logs")
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name.replace("/", "_").replace("::", "-") + ".log")


def judge(text):
    """None, or what is wrong with TAP output that may hold several plans (cmocka: one a group)."""
    plans = sum(int(n) for n in re.findall(r"^1\.\.(\d+)", text, re.MULTILINE))
    passed = len(re.findall(r"^ok \d+", text, re.MULTILINE))
    failed = re.findall(r"^not ok .*", text, re.MULTILINE)
    if plans == 0:
        return "no plan"
    if failed:
        return "; ".join(failed[:10])
    return None if passed == plans else f"{passed} of {plans} planned tests ran"


@pytest.fixture
def nrun(request):
    """nrun("hello.exe a b", "--smp", "2").  The log stays in build/test/logs if the test fails."""
    runs = []

    def run(command, *options):
        log = log_path(f"{request.node.name}-{len(runs)}")
        words = [command] if isinstance(command, str) else command
        result = subprocess.run([os.path.join(ROOT, "tools", "nrun"), "--log", log, *options, "--", *words], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=dict(os.environ, BUILD=BUILD))
        runs.append(Run(result.returncode, result.stdout, result.stderr, log))
        return runs[-1]

    yield run
    if not request.node.stash.get(FAILED, False):
        for one in runs:
            os.unlink(one.log)


FAILED = pytest.StashKey()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True


@pytest.fixture(scope="module")
def fast():
    """One boot through the multiboot loader for a module's worth of typing at the prompt."""
    with session.Session(log=log_path("fast")) as one:
        one.wait_prompt()
        yield one
