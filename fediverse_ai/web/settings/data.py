"""/settings/data: lists out as CSV and in again, and an archive of everything."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from actors.personal import Import
from fediverse_ai.carry import archive, csvs, imports, lists
from fediverse_ai.carry.csvs import FILES, Kind
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Missing, RequestError
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.settings import frame
from fediverse_ai.web.settings.frame import Option, Wrong

_PATH = "/settings/data"
_FAILURES_SHOWN = 200


def _kinds() -> list[Option]:
    return [
        Option(Kind.FOLLOWING, _("People whom you follow")),
        Option(Kind.BLOCKS, _("People whom you block")),
        Option(Kind.MUTES, _("People whom you mute")),
        Option(Kind.DOMAINS, _("Servers of which you see nothing")),
        Option(Kind.LISTS, _("Lists")),
        Option(Kind.BOOKMARKS, _("Bookmarks")),
    ]


async def show(request: Request) -> Response:
    """The page."""
    return await _page(request)


async def _page(request: Request, wrong: Wrong | None = None, status: int = 200) -> Response:
    context = context_of(request)
    async with context.database.read() as session:
        account, actor = await frame.mine(session, request)
        counts = {kind: len(await lists.rows(session, actor, kind)) for kind in Kind}
        running = await imports.progress(session, account.id)
        made = await archive.archives_of(session, account.id)
    names = {option.value: option.name for option in _kinds()}
    return frame.show(
        request,
        "data.html",
        status,
        wrong=wrong,
        files=[(option.name, FILES[Kind(option.value)], counts[Kind(option.value)]) for option in _kinds()],
        kinds=_kinds(),
        imports=[(names.get(one.row.kind, one.row.kind), one) for one in running],
        archives=[(row, archive.is_there(context, row), archive.ends_ms(row)) for row in made],
        rows_most=limits.IMPORT_ROWS,
    )


async def download(request: Request) -> Response:
    """GET /settings/data/{name}.csv: one list."""
    kind = next((kind for kind, name in FILES.items() if name == f"{request.path_params['name']}.csv"), None)
    if kind is None:
        raise Missing("There is no such file.")
    async with context_of(request).database.read() as session:
        _account, actor = await frame.mine(session, request)
        text = await lists.file(session, actor, kind)
    return Response(text, headers=_as_file(FILES[kind]), media_type="text/csv; charset=utf-8")


async def carry_in(request: Request) -> Response:
    """POST /settings/data/import: a file, what it is, and whether it joins or replaces what is here."""
    context, me = context_of(request), frame.me(request)
    sent = await forms.read_with_files(request, limits.IMPORT_BYTES)
    file, kind = sent.file("file"), sent.text("kind")
    if kind not in set(Kind):
        return await _page(request, Wrong({"kind": _("Choose one of these.")}), 422)
    if file is None or not file.data:
        return await _page(request, Wrong({"file": _("Choose a file first.")}), 422)
    context.part(limits.RateLimiter).check(f"imports:{me.account_id}", limits.IMPORTS_PER_ACCOUNT)
    try:
        lines = csvs.read(Kind(kind), file.data)
        async with context.database.write() as session:
            overwrite = sent.text("mode") == "overwrite"
            await imports.start(session, me.account_id, Kind(kind), lines, overwrite=overwrite)
    except RequestError as error:
        return await _page(request, Wrong({"file": _(error.public)}), error.status)
    return frame.back(request, f"{_PATH}#imports", _("It is being carried in. This page says how far it is."))


async def report(request: Request) -> Response:
    """GET /settings/data/imports/{import_id}: the lines that could not be carried in, and why."""
    context = context_of(request)
    import_id = frame.number(request, "import_id")
    async with context.database.read() as session:
        me = frame.me(request)
        failed = await imports.failures(session, me.account_id, import_id, _FAILURES_SHOWN + 1)
        row = await session.get_one(Import, import_id)
    names = {option.value: option.name for option in _kinds()}
    return frame.show(
        request,
        "import.html",
        kind=names.get(row.kind, row.kind),
        done=row.done_ms is not None,
        failed=failed[:_FAILURES_SHOWN],
        more=len(failed) > _FAILURES_SHOWN,
    )


async def order(request: Request) -> Response:
    """POST /settings/data/archive: have one made, after the password."""
    fields = await forms.read_form(request)
    context, me = context_of(request), frame.me(request)
    if refusal := await frame.refused(request, context, fields.get("password", "")):
        return await _page(request, Wrong({"password": refusal}), 422)
    try:
        async with context.database.write() as session:
            await archive.order(session, me.account_id)
    except RequestError as error:
        return await _page(request, Wrong({"password": _(error.public)}), error.status)
    return frame.back(request, f"{_PATH}#archive", _("The archive is being made. Come back in a while."))


async def fetch(request: Request) -> Response:
    """GET /settings/data/archive/{archive_id}: the file, for its owner, within a week."""
    async with context_of(request).database.read() as session:
        me = frame.me(request)
        path = await archive.file_of(session, me.account_id, frame.number(request, "archive_id"))
    if not path.is_file():
        raise Missing("There is no such archive (any more).")
    return FileResponse(path, headers=_as_file(f"{me.username}.zip"), media_type="application/zip")


def _as_file(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
