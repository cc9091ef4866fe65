"""The core imports without the libraries of the extra, and says which command brings them."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

import qrcore.records
from qrcore.records import errors
from qrcore.records.errors import STATUS, RecordError, error_for

BLOCK = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
import qrcore, qrcore.records, qrcore.payload, qrcore.testing
from qrcore import MissingExtraError
"""
LIBRARIES = ["cryptography", "cbor2", "sqlalchemy", "alembic", "httpx2", "segno", "psycopg"]


def run(code: str, blocked: list[str]) -> str:
    done = subprocess.run([sys.executable, "-c", BLOCK.format(blocked=blocked) + code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ["SqlStore", "Keyring", "HttpSource", "seal"])
def test_a_missing_library_names_the_pip_command(name: str) -> None:
    code = f"try:\n    qrcore.records.{name}\nexcept MissingExtraError as error:\n    print(error)\n"
    assert 'pip install "qrcore[records]"' in run(code, LIBRARIES)


def test_the_service_names_its_own_extra() -> None:
    code = "try:\n    qrcore.records.create_app\nexcept MissingExtraError as error:\n    print(error)\n"
    assert 'pip install "qrcore[server]"' in run(code, ["fastapi", "starlette", "uvicorn", "limits", "jinja2"])
    serving = "from qrcore.cli import main; print(main(['serve', '--demo', '--port', '0']))"
    assert run(serving, ["fastapi", "starlette", "uvicorn", "limits", "jinja2"]) == "2\n"


def test_printing_a_code_names_the_pip_command() -> None:
    make = "qrcore.records.make_code('https://q.example/C/0123456789ABCDEF').png()"
    code = f"try:\n    {make}\nexcept MissingExtraError as e: print(e)"
    assert 'pip install "qrcore[records]"' in run(code, ["segno"])


def test_postgresql_names_its_own_extra() -> None:
    code = "try:\n    qrcore.records.SqlStore('postgresql://h/d')\nexcept MissingExtraError as error: print(error)"
    assert 'pip install "qrcore[postgres]"' in run(code, ["psycopg"])


def test_trust_and_verdicts_need_no_library() -> None:
    code = "from qrcore.records import Trust, AuthorityPolicy as A\nprint(Trust({'q.example': A()}).verdict(qrcore.payload.parse('https://q.example/x')).level.value)"
    assert run(code, LIBRARIES) == "trusted\n"


def test_importing_the_package_loads_no_library() -> None:
    code = f"print([name for name in {LIBRARIES!r} if name in sys.modules])"
    assert run(code, []) == "[]\n"


def test_every_name_can_be_loaded() -> None:
    for name in qrcore.records.__all__:
        assert getattr(qrcore.records, name) is not None
    assert set(qrcore.records.__all__) <= set(dir(qrcore.records))
    with pytest.raises(AttributeError):
        qrcore.records.nonsense  # noqa: B018


def test_each_code_has_an_error_and_survives_pickling() -> None:
    for code, status in STATUS.items():
        error = error_for(code, "why", retry_after=1.5)
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert (again.code, again.detail, again.retry_after, again.status) == (code, "why", 1.5, status)
        assert isinstance(error, RecordError)
        assert type(error).prefix == code.partition(".")[0] + "."
    assert error_for("nonsense").code == "resolve.unavailable"
    with pytest.raises(ValueError, match="no code"):
        errors.ClaimError("write.invalid")
