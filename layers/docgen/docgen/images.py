"""Which images do the pages show? Fetched into the store, as far as the limits go."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from docgen import urls
from docgen.errors import GenerateError
from docgen.fetch import NOT_MODIFIED, Fetcher
from docgen.records import Validators
from docgen.visits import TICK_SECONDS, cancel

if TYPE_CHECKING:
    from collections.abc import Callable

    from docgen.options import Limits
    from docgen.store import Store
    from docgen.transport import AllowAddress

TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"})
OK = 200


async def fetch_images(
    store: Store, limits: Limits, allow_address: AllowAddress, look_up: Callable[[str], None]
) -> None:
    """Fetch what is not there, and ask whether the rest has changed. Failures are left out.

    `look_up` is called often and may raise.
    """
    wanted = _wanted(store, limits.images)
    store.drop_assets([url for url in store.asset_sizes() if url not in wanted])
    if not wanted:
        return
    async with Fetcher(limits, allow_address) as fetcher:
        waiting = list(reversed(wanted))
        under_way: dict[asyncio.Task[None], str] = {}
        try:
            while waiting or under_way:
                while waiting and len(under_way) < limits.concurrency:
                    url = waiting.pop()
                    under_way[asyncio.ensure_future(_fetch(fetcher, store, limits, url))] = url
                done, _ = await asyncio.wait(
                    under_way, timeout=TICK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    look_up(under_way.pop(task))
                    task.result()
                if not done:
                    look_up(next(iter(under_way.values())))
        finally:
            await cancel(under_way)
            store.commit()


def _wanted(store: Store, most: int) -> dict[str, None]:
    wanted: dict[str, None] = {}
    for document in store.documents():
        for text, _ in document.images:
            if len(wanted) >= most:
                return wanted
            try:
                if urls.canonical(text) == text:
                    wanted[text] = None
            except urls.BadUrl:
                continue
    return wanted


async def _fetch(fetcher: Fetcher, store: Store, limits: Limits, url: str) -> None:
    validators = store.asset_validators(url)
    if sum(store.asset_sizes().values()) >= limits.images_bytes and validators is None:
        return
    try:
        response = await fetcher.get(
            url,
            most_bytes=limits.image_bytes,
            validators=validators,
            wanted=lambda status, media_type: status == OK and media_type in TYPES,
        )
    except GenerateError:
        return
    if response.status == NOT_MODIFIED or response.status != OK or not response.body:
        return
    store.put_asset(
        url,
        response.media_type,
        response.body,
        Validators(
            etag=response.headers.get("etag"), last_modified=response.headers.get("last-modified")
        ),
    )
