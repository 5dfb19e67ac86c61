"""Codes at rest."""

from __future__ import annotations

from app.support import codes


def test_it_looks_codes_up_by_tenant_and_pepper() -> None:
    mine = codes.code_hmac("482913", tenant_id=1, pepper=b"p")
    assert mine == codes.code_hmac("482913", tenant_id=1, pepper=b"p")
    assert mine != codes.code_hmac("482913", tenant_id=2, pepper=b"p")
    assert mine != codes.code_hmac("482913", tenant_id=1, pepper=b"q")


def test_it_opens_a_sealed_code_only_for_its_support_session() -> None:
    sealed = codes.seal_code("482913", tenant_id=1, session_id=7, seal_key=b"k")
    assert codes.open_code(sealed, tenant_id=1, session_id=7, seal_key=b"k") == "482913"
    assert codes.open_code(sealed, tenant_id=1, session_id=8, seal_key=b"k") is None
    assert codes.open_code(sealed, tenant_id=2, session_id=7, seal_key=b"k") is None
    assert codes.open_code(sealed, tenant_id=1, session_id=7, seal_key=b"other") is None
    assert codes.open_code(b"", tenant_id=1, session_id=7, seal_key=b"k") is None


def test_it_never_seals_the_same_way_twice() -> None:
    first, second = (codes.seal_code("482913", tenant_id=1, session_id=7, seal_key=b"k") for _ in range(2))
    assert first != second
    assert b"482913" not in first


def test_it_offers_the_same_file_after_a_reload() -> None:
    secret = codes.join_secret("arrival", pepper=b"p")
    assert secret == codes.join_secret("arrival", pepper=b"p")
    assert secret != codes.join_secret("arrival", pepper=b"q")
    assert len(secret) == 26
    assert set(secret) <= set("0123456789abcdefghjkmnpqrstvwxyz")
