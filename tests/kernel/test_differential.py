# SPDX-License-Identifier: GPL-2.0-only
"""Our recording against the kernel's own, of the same processes at the same time: no difference."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.kernel.differential import differences, program, record

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(os.geteuid() != 0, reason="NO ORACLE: mounting tracefs needs root"),
]

FORKING_SCRIPT = """
for i in 1 2 3 4 5; do
  (echo $i; cat /etc/passwd | grep -c root) &
done
wait
x=$(ls /etc | head -3)
trap 'echo got it' USR1
kill -USR1 $$
sleep 0.05 & kill -TERM $!; wait $!
exec true
"""

THREADS_AND_SIGNALS = """
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static volatile int hits;
static void hit(int sig) { (void)sig; hits++; }
static void *work(void *arg)
{
	for (int i = 0; i < 200; i++) {
		char path[64];
		snprintf(path, sizeof(path), "/proc/self/task/%d", i + (int)(long)arg);
		(void)!access(path, R_OK);
		pthread_kill(pthread_self(), SIGUSR2);
		if (i % 50 == 0)
			usleep(100);
	}
	return NULL;
}
int main(void)
{
	struct sigaction act = {.sa_handler = hit, .sa_flags = SA_RESTART};
	sigaction(SIGUSR2, &act, NULL);
	pthread_t threads[4];
	for (long i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, work, (void *)i);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return hits != 800;
}
"""


def check(argv: list[str]) -> None:
    kernels, mine, status = record(argv)
    assert status == 0
    assert sum(map(len, kernels.values())) > 20
    assert differences(kernels, mine) == []


def test_find() -> None:
    check(["find", "/usr/include"])


def test_a_shell_script_that_forks() -> None:
    check(["bash", "-c", FORKING_SCRIPT])


def test_threads_with_signals(tmp_path: Path) -> None:
    check([program(THREADS_AND_SIGNALS, str(tmp_path / "threads"), "-pthread")])


def test_json_tool(tmp_path: Path) -> None:
    text = tmp_path / "x.json"
    text.write_text('{"a": [1, 2, {"b": null}]}')
    check([sys.executable, "-m", "json.tool", str(text)])


def test_a_parallel_build(tmp_path: Path) -> None:
    for name in "abcdef":
        (tmp_path / f"{name}.c").write_text(f'#include <stdio.h>\nint {name}(void) {{ return puts("{name}"); }}\n')
    (tmp_path / "Makefile").write_text("lib.a: a.o b.o c.o d.o e.o f.o\n\tar rc $@ $^\n")
    check(["make", "-s", "-j2", "-C", str(tmp_path)])
