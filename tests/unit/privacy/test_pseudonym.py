"""P2 in SQL equals HMAC-SHA-256 of the standard library, of the RFC and of a frozen example."""

import hashlib
import hmac
import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tznr_platform.errors import ExitCode, UserError
from tznr_platform.privacy.pseudonym import AnalysisKey, hmac_parameters, hmac_sql
from tznr_platform.settings import Settings
from tznr_platform.storage import connect, registers

RFC_CASES = Path(__file__).parents[4] / "shared/data/linkage/hmac/rfc4231_hmac_sha256.json"
GOLDEN_KEY = bytes(range(32))
GOLDEN_P1 = hashlib.sha256(b"golden").hexdigest()


@pytest.fixture(scope="module")
def con(tmp_path_factory):
    with connect(None, settings=Settings(data_dir=tmp_path_factory.mktemp("data"))) as con:
        yield con


@pytest.fixture
def settings(tmp_path):
    return Settings(data_dir=tmp_path)


def test_golden_vector(con):
    key = AnalysisKey("K2-1", GOLDEN_KEY)
    sql = f"select {key.second_pass_sql('p1')} from (select $p1 as p1)"
    assert GOLDEN_KEY.hex() not in sql
    assert con.execute(sql, key.parameters | {"p1": GOLDEN_P1}).fetchone() == (
        "486311c814b6d143a66931ad580b7d9edec57305ff4b5609e3852bcbdab4e8f7",)


@examples(max_examples=50, deadline=None)
@given(key=st.binary(max_size=64), message=st.binary(max_size=200))
def test_equals_the_standard_library(con, key, message):
    sql = f"select {hmac_sql('$message::blob')}"
    found = con.execute(sql, hmac_parameters(key) | {"message": message}).fetchone()[0]
    assert found == hmac.new(key, message, hashlib.sha256).hexdigest()


@pytest.mark.skipif(not RFC_CASES.exists(), reason="shared data with the cases of RFC 4231 is not here")
def test_rfc_4231(con):
    cases = [case for case in json.loads(RFC_CASES.read_text()) if len(case["key"]) <= 128]
    for case in cases:
        bound = hmac_parameters(bytes.fromhex(case["key"])) | {"message": bytes.fromhex(case["msg"])}
        digest = con.execute(f"select {hmac_sql('$message::blob')}", bound).fetchone()[0]
        assert digest.startswith(case["digest"])
    assert len(cases) >= 5


def test_a_missing_value_has_no_pseudonym(con):
    key = AnalysisKey("K2-1", GOLDEN_KEY)
    assert con.execute(f"select {key.second_pass_sql('null::varchar')}", key.parameters).fetchone() == (None,)


def test_key_is_created_once_and_only_for_its_owner(settings):
    created = AnalysisKey.create(settings)
    assert AnalysisKey.load(settings) == created
    assert stat.S_IMODE(settings.key_file.stat().st_mode) == 0o600
    assert created.secret.hex() not in repr(created)
    with pytest.raises(UserError):
        AnalysisKey.create(settings)


def test_no_new_key_once_persons_are_known(settings):
    registers.person_file(settings).parent.mkdir(parents=True)
    registers.person_file(settings).touch()
    with pytest.raises(UserError) as refusal:
        AnalysisKey.create(settings)
    assert refusal.value.exit_code == ExitCode.CONFIGURATION


@pytest.mark.parametrize("content", [None, "", "None", "K2-1:", "K2-1:abcd", "K2-9:" + "00" * 32, "00" * 32])
def test_a_missing_or_odd_key_stops(settings, content):
    if content is not None:
        settings.key_file.parent.mkdir(parents=True)
        settings.key_file.write_text(content)
        settings.key_file.chmod(0o600)
    with pytest.raises(UserError) as refusal:
        AnalysisKey.load(settings)
    assert refusal.value.exit_code == ExitCode.CONFIGURATION


def test_a_key_others_can_read_stops(settings):
    AnalysisKey.create(settings)
    settings.key_file.chmod(0o644)
    with pytest.raises(UserError):
        AnalysisKey.load(settings)
