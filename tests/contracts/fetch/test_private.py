"""Nothing leads into a private network but what the operator configured."""

from __future__ import annotations

import pytest

from bridge.errors import RetryLater
from bridge.fetch import Connections, Fetch
from bridge.fetch.addresses import PrivateAddress, is_public, places, public_socket
from tests.servers.scripted import Place, answer, away

AGENT = "backchat-test (mail@example.org)"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001::1",
        "2001:db8::1",
        "3fff::1",
        "100::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%2",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ],
)
def test_a_private_address_is_none_of_the_public_internet(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(PrivateAddress, match="lies in a private network"):
        public_socket((0, 0, 0, "", (address, 80)))


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_a_public_address_is_one(address: str) -> None:
    assert is_public(address)


def test_trust_is_in_a_host_and_a_port_and_http_may_become_https() -> None:
    got = places(["http://nas.lan/blog", "https://[fd00::1]:8443", "http://nas.lan:81", "nonsense", "", "http://a:b"])
    assert got == {("nas.lan", 80), ("nas.lan", 443), ("fd00::1", 8443), ("nas.lan", 81)}


def spellings(place: Place) -> list[str]:
    """Addresses that lead to 127.0.0.2 if anybody lets them."""
    port = place.port
    return [
        place.address,
        f"http://127.0.0.2:{port}/feed",
        f"http://[::ffff:127.0.0.2]:{port}/",
        f"http://[::ffff:7f00:2]:{port}/",
        f"http://2130706434:{port}/",
        f"http://0x7f000002:{port}/",
        f"http://0177.0.0.2:{port}/",
        f"http://127.2:{port}/",
        f"http://\uff11\uff12\uff17.0.0.2:{port}/",
        f"http://127\u30020\u30020\u30022:{port}/",
        f"http://user:secret@127.0.0.2:{port}/",
        f"//127.0.0.2:{port}/",
    ]


async def test_a_redirect_into_the_private_network_is_refused_in_any_spelling(
    fetch: Fetch, here: Place, elsewhere: Place
) -> None:
    async with elsewhere.scripted(*[answer(b"secret")] * 20) as private:
        for address in spellings(elsewhere):
            async with here.scripted(away(address)) as server:
                with pytest.raises(RetryLater, match=r"127\.0\.0\.1 cannot be read: ") as caught:
                    await fetch.read(server.address)
            assert "secret" not in str(caught.value)
        assert private.requests == []


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[fe80::1]", "0.0.0.0", "[::]", "[fd00::1]"])
async def test_a_redirect_to_any_private_network_is_refused_before_a_connection(
    fetch: Fetch, here: Place, host: str
) -> None:
    async with here.scripted(away(f"http://{host}/latest/meta-data/")) as server:
        with pytest.raises(RetryLater, match=r"it leads to \S+, and it lies in a private network"):
            await fetch.read(server.address)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_another_port_and_another_family_of_the_same_machine_are_not_trusted(
    fetch: Fetch, here: Place, host: str
) -> None:
    other = Place(host)
    try:
        async with other.scripted(answer(b"secret")) as private, here.scripted(away(other.address)) as server:
            with pytest.raises(RetryLater, match="lies in a private network"):
                await fetch.read(server.address)
            assert private.requests == []
    finally:
        other.close()


async def test_a_name_is_judged_by_the_address_that_is_connected_to(fetch: Fetch, here: Place) -> None:
    """`localhost` is no private name to us, but its address is a private one."""
    for name in ("localhost", "LocalHost"):
        async with here.scripted(away(f"http://{name}:{here.port}/"), answer(b"secret")) as server:
            with pytest.raises(RetryLater, match="lies in a private network"):
                await fetch.read(server.address)
            assert len(server.requests) == 1


async def test_what_nobody_configured_is_neither_read_nor_written(elsewhere: Place) -> None:
    async with Fetch(AGENT) as fetch, elsewhere.scripted() as server:
        with pytest.raises(RetryLater, match=r"127\.0\.0\.2 cannot be read: it lies in a private network"):
            await fetch.read(server.address)
        with pytest.raises(RetryLater, match=r"127\.0\.0\.2 cannot be reached: it lies in a private network"):
            await fetch.effect("POST", server.address, json={})
        assert server.requests == []


async def test_a_kept_connection_of_one_that_trusts_is_not_lent_to_one_that_does_not(here: Place) -> None:
    kept = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    async with Connections() as shared, here.scripted(kept) as server:
        async with Fetch(AGENT, connections=shared, trusted=[server.address]) as owner:
            assert (await owner.read(server.address)).text() == "ok"
        async with Fetch(AGENT, connections=shared) as stranger:
            with pytest.raises(RetryLater, match="lies in a private network"):
                await stranger.read(server.address)


async def test_a_trusted_place_may_lead_to_another_trusted_one(here: Place, elsewhere: Place) -> None:
    async with (
        Fetch(AGENT, trusted=[here.address, elsewhere.address + "/feed"]) as fetch,
        elsewhere.scripted(answer(b"there")),
        here.scripted(away(elsewhere.address + "/other")),
    ):
        got = await fetch.read(here.address)
    assert (got.text(), got.host, got.url) == ("there", "127.0.0.2", f"{elsewhere.address}/other")
