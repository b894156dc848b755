"""S3 on loopback, a cluster of Ray on loopback, and an engine that both can have."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sentigram.jobs.job import Settings
from tests import media_samples
from tests.jobs.cluster.stand_in import StandIn

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
_ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def noisy() -> Iterator[None]:
    """For servers that leave sockets and processes to the garbage collector: they end here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
        gc.collect()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 server; credentials are in the environment, as they are at work."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(
        ip_address="127.0.0.1", port=0, verbose=False
    )
    with noisy(), pytest.MonkeyPatch.context() as patch:
        server.start()
        host, port = server.get_host_and_port()
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "secret-of-the-test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            patch.setenv(name, value)
        yield f"http://{host}:{port}"
        server.stop()


@pytest.fixture
def bucket(s3_server: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A new bucket, as fsspec sees it, and its URL as an attribute."""
    s3fs = pytest.importorskip("s3fs")
    with noisy():
        files = s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True)
        name = f"talks-{abs(hash(request.node.name)) % 10**8}"
        files.mkdir(name)
        files.url = f"s3://{name}"
        yield files


@pytest.fixture(scope="session")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media_samples.audio_only(tmp_path_factory.mktemp("tone") / "tone.wav")


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """The folder that tells the engine what to do."""
    folder = tmp_path / "told"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(told: Path) -> Settings:
    return Settings(kinds=("srt", "json"), engine=StandIn(folder=str(told)))


@pytest.fixture(scope="module")
def cluster(s3_server: str) -> Iterator[Any]:
    """A cluster of Ray on loopback: a head without room for workers, and a node with one core."""
    if find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    from sentigram.jobs.cluster.local import _ALONE, _QUIET  # Ray reads these as it is imported

    work = Path(tempfile.mkdtemp(prefix="ray-"))
    (work / "ray").mkdir()  # where `RAY_TMPDIR` makes Ray look for the address of the cluster
    with noisy(), pytest.MonkeyPatch.context() as patch:
        for name, value in (_QUIET | _ALONE | {"RAY_AUTH_TOKEN": "of-the-test" * 4}).items():
            patch.setenv(name, value)
        patch.setenv("RAY_TMPDIR", str(work))
        patch.setenv("PYTHONPATH", str(_ROOT), prepend=os.pathsep)  # workers need the stand-in
        import ray
        from ray.cluster_utils import Cluster

        made = Cluster(
            initialize_head=True,
            head_node_args={
                "num_cpus": 0,
                "include_dashboard": False,
                "temp_dir": str(work / "ray"),
                "object_store_memory": 80 * 2**20,
            },
        )
        made.add_node(num_cpus=1, object_store_memory=80 * 2**20)
        yield made
        if ray.is_initialized():
            ray.shutdown()
        made.shutdown()
        shutil.rmtree(work, ignore_errors=True)
