# SPDX-License-Identifier: MIT
"""What helps when something is wrong: the bugcheck's backtrace, the watchdog, gdb with symbols at run-time bases, the window."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import BUILD, ROOT, log_path

ENVIRONMENT = dict(os.environ, BUILD=BUILD)


def frames(text):
    """The functions named by a backtrace, innermost first."""
    return re.findall(r"#\d+ [0-9a-f]{16} ([\w.]+)\+0x[0-9a-f]+ ([\w.@$]+)\+0x[0-9a-f]+ \(([^:()]+):\d+\)", text)


def test_backtrace_through_a_driver(nrun):
    """A fault three calls deep in a driver: trap frame, driver frames, kernel C, assembly, each with name and line."""
    run = nrun("kcrash.exe write")
    assert run.code == 201
    found = frames(run.log_text())
    functions = [function.split(".")[0] for _, function, _ in found]
    wanted = ["KCrashInner", "KCrashMiddle", "KCrashControl", "IofCallDriver", "NtDeviceIoControlFile", "KiSystemServiceUser"]
    positions = [functions.index(name) for name in wanted]
    assert positions == sorted(positions), functions
    assert ("kcrash.sys", "tests/kernel/kcrash/kcrash.c") in {(module, path) for module, _, path in found}


def test_bugcheck_by_a_driver(nrun):
    run = nrun("kcrash.exe bugcheck")
    assert run.code == 201 and b"0x000000E2 MANUALLY_INITIATED_CRASH" in run.err
    assert "(0x0000000000000001, 0x0000000000000002, 0x0000000000000003, 0x0000000000000004)" in run.log_text()
    assert "KCrashControl" in [function.split(".")[0] for _, function, _ in frames(run.log_text())]


def test_bugcheck_while_others_run_user_code(nrun):
    """The other processors are shown as well where there is no kernel stack to read, and a stack pointer that points nowhere."""
    run = nrun("kcrash.exe busy", "--smp", "3")
    text = run.log_text()
    assert run.code == 201 and "fault while reporting" not in text
    assert len(re.findall(r"processor [12], thread \w+ \(\d+\.\d+\) of kcrash.exe, previous mode 1\n\s+#00 00007ff", text)) == 2, text


def test_watchdog_names_the_last_step(nrun):
    """A boot that stands still (the option makes phase 1 wait for ever) is ended, and the step it stood at is named."""
    run = nrun("exitcode 0", "--option", "HANGATBOOT", "--patience", "20")
    assert run.code == 202 and re.search(rb"the boot stands still; last step: \[ *\d+\] Init: standing still, as asked", run.err)


GDB = shutil.which("gdb")


@pytest.mark.skipif(not GDB, reason="gdb is not installed")
def test_gdb_knows_kernel_driver_and_ntdll(tmp_path):
    """nrun --gdb and `make gdb`'s script: the system stopped where it happens to be, symbols of kernel, driver and ntdll at this boot's random bases."""
    log = log_path("gdb")
    if os.path.exists(log):
        os.unlink(log)  # an earlier run's says that everything is there
    port = 20000 + os.getpid() % 20000
    nrun = subprocess.Popen([os.path.join(ROOT, "tools/nrun"), "--gdb", str(port), "--log", log, "--", "stress.exe 600 1"], env=ENVIRONMENT,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    script = tmp_path / "commands.gdb"
    # Somebody has to press Ctrl+C while `continue` waits: a thread, once the log says that user mode is there.
    script.write_text(f"""python
import os, signal, threading, time
def press_ctrl_c():
    while not os.path.exists({log!r}) or b"Boot complete" not in open({log!r}, "rb").read():
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=press_ctrl_c, daemon=True).start()
end
continue
images
info symbol NtCreateUserProcess
info symbol FatMountVolume
info line LdrLoadDll
""")
    try:
        result = subprocess.run(["make", "-s", "gdb", f"GDB_PORT={port}", f"LOG={log}", f"BUILD={BUILD}"], cwd=ROOT, timeout=900,
                                input=f"set confirm off\nsource {script}\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    finally:
        nrun.kill()
        nrun.wait()
    assert re.search(r"NtCreateUserProcess in section \.text of .*ntoskrnl\.exe", result.stdout), result.stdout
    assert re.search(r"fastfat\.sys at 0x", result.stdout), result.stdout
    assert re.search(r"userland/ntdll/ldr\w+\.c", result.stdout), result.stdout
