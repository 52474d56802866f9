# SPDX-License-Identifier: Apache-2.0
"""Who runs the jobs: processes of this machine, or the workers of a Dask cluster."""

import concurrent.futures
import contextlib
import logging
import os
import re
import time
from collections.abc import Callable, Iterator

from regressions.build import BuildError
from regressions.registry import RegistryError, number
from regressions.regress import work

CONNECT_S = 10
WORKER_S = 30  # how long to wait for a worker
Slots = Callable[[], int]  # how many jobs can run at once now; raises Lost when none ever will


class Lost(Exception):
    """Nobody is left who runs jobs; one line."""


def check(jobs: str, where: str) -> int:
    """Return how many jobs run at once here. Raises RegistryError for JOBS or EXECUTOR that cannot be."""
    address = re.fullmatch(r"dask://[^:/\s]+:([0-9]{1,5})", where)
    if where and not (address and 0 < int(address[1]) < 1 << 16):
        raise RegistryError(
            f"EXECUTOR={where}: want dask://host:port, or nothing for processes of this machine"
        )
    if where and jobs:
        raise RegistryError(
            f"JOBS={jobs}: is of this machine; with EXECUTOR the workers say how many they run"
        )
    count = number("JOBS", jobs) if jobs else len(os.sched_getaffinity(0))
    if not 1 <= count <= 1024:
        raise RegistryError(f"JOBS={jobs}: want 1 to 1024")
    return count


@contextlib.contextmanager
def executor(jobs: int, where: str) -> Iterator[tuple[concurrent.futures.Executor, Slots]]:
    """Give an executor of `work.work`; what still runs at the end is stopped.

    Raises BuildError when there is none to be had.
    """
    if where:
        with _dask(where) as pair:
            yield pair
        return
    # A thread for each job that runs; the job itself is a process that the thread waits for.
    pool = concurrent.futures.ThreadPoolExecutor(jobs)
    try:
        yield pool, lambda: jobs
    finally:
        work.stop()
        pool.shutdown(cancel_futures=True)
        work.resume()


@contextlib.contextmanager
def _dask(where: str) -> Iterator[tuple[concurrent.futures.Executor, Slots]]:
    from distributed import Client  # it takes its time, and few use it

    for logger in ("distributed", "distributed.client"):  # what matters of it is said by Lost
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    address = where.replace("dask", "tcp")
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except OSError:
        raise BuildError(
            f"EXECUTOR={where}: no Dask scheduler answers there, want one within {CONNECT_S} s"
        ) from None

    seen = time.monotonic()

    def slots() -> int:
        nonlocal seen
        try:
            threads = sum(client.nthreads().values())
        except Exception as error:  # whatever Dask says when its scheduler is gone
            raise Lost(f"EXECUTOR={where}: the Dask scheduler is gone ({type(error).__name__})") from None
        if threads:
            seen = time.monotonic()
        elif time.monotonic() - seen > WORKER_S:  # one that died may be started again
            raise Lost(f"EXECUTOR={where}: the Dask cluster has had no worker for {WORKER_S} s")
        return threads

    try:
        # Equal arguments are not the same run: a run is repeated to see what it does now.
        yield client.get_executor(pure=False), slots
    finally:
        client.close(timeout=CONNECT_S)
