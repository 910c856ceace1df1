"""The whole house on one page: routes, jobs, clockwork, and the parts in the order in which they are built."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import Route, WebSocketRoute

import actors.admission
import actors.apps
import actors.audit
import actors.emoji
import actors.models
import actors.optouts
import actors.personal
import actors.requests
import actors.restorations
import actors.routes
import actors.stops
import inbox.jobs
import inbox.models
import inbox.quotes
import inbox.receive
import inbox.retire
import inbox.routes
import inbox.synchronize
import inbox.threads
import outbox.belongings
import outbox.collected
import outbox.collections
import outbox.delivery
import outbox.edit
import outbox.figures
import outbox.follow
import outbox.known
import outbox.leave
import outbox.links
import outbox.models
import outbox.pick
import outbox.policies
import outbox.prepare
import outbox.profile
import outbox.records
import outbox.routes
import outbox.rulings
import outbox.schedule
import outbox.shelves
import outbox.sweep
import outbox.turns
import outbox.uploads
from actors import keys, local, rules
from actors.accounts import PasswordGate
from actors.announcements import Announcements
from actors.authentication import Authenticator
from actors.policy import DomainRules
from actors.proof_keys import ProofKeys
from actors.remote import ChangedKeys, RemoteActors, Successions
from actors.served import ServedDocuments
from actors.signups import SignUpDoor
from actors.stops import Scope, StopSwitch
from fediverse_ai import __version__, health, housekeeping, mail, remote_media
from fediverse_ai.activitypub.fetch import Fetcher
from fediverse_ai.backup import afterwards, reconcile, scheduled
from fediverse_ai.carry import archive, imports
from fediverse_ai.core import observations, secrets
from fediverse_ai.core.clock import Clock, SystemClock
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context
from fediverse_ai.core.database import Database
from fediverse_ai.core.errors import Misconfigured
from fediverse_ai.core.events import Hub
from fediverse_ai.core.http import Http
from fediverse_ai.core.jobs import Clockwork, Jobs, JobSpec
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.storage import FolderStorage
from fediverse_ai.disk import Disk
from fediverse_ai.doctor import door as doctor_routes
from fediverse_ai.health import Readiness
from fediverse_ai.heartbeat import Heartbeat
from fediverse_ai.levels import Levels
from fediverse_ai.mastodon import routes as mastodon_routes
from fediverse_ai.mastodon import streaming
from fediverse_ai.mastodon.batches import KnownNumbers
from fediverse_ai.mastodon.listeners import Glances
from fediverse_ai.oauth import routes as oauth_routes
from fediverse_ai.social import events as social_events
from fediverse_ai.social import routes as social_routes
from fediverse_ai.web import routes as web_routes
from fediverse_ai.web.owner.health import Checkup
from generation.engines import pictures_at_once
from generation.manifests import Sealer
from generation.pipeline import Pipeline, build_pipeline
from outbox.remote_verdicts import RemoteVerdicts

TABLES = (
    observations,
    actors.models,
    actors.personal,
    actors.stops,
    actors.emoji,
    actors.audit,
    actors.optouts,
    actors.restorations,
    actors.admission,
    outbox.models,
    outbox.belongings,
    outbox.rulings,
    outbox.records,
    outbox.shelves,
    outbox.turns,
    inbox.models,
)

# Of two that match the first one answers.
ROUTES: list[Route | WebSocketRoute] = [
    *health.ROUTES,
    *doctor_routes.ROUTES,
    *inbox.routes.ROUTES,
    *actors.routes.ROUTES,
    # Before the collections of a post, whose pattern would take /notes/ID/progress.
    *social_routes.ROUTES,
    *outbox.routes.ROUTES,
    *outbox.collections.ROUTES,
    *oauth_routes.ROUTES,
    *mastodon_routes.ROUTES,
    *streaming.SOCKETS,
    *web_routes.ROUTES,
]

JOBS: list[JobSpec] = [
    inbox.jobs.handle,
    inbox.retire.look,
    inbox.quotes.check,
    inbox.threads.fetch_ancestors,
    inbox.threads.fetch_replies,
    inbox.synchronize.synchronize,
    outbox.delivery.deliver,
    outbox.delivery.redeliver,
    outbox.prepare.prepare,
    outbox.prepare.judge_waiting,
    outbox.pick.forget_files,
    outbox.edit.revise,
    outbox.links.verify,
    outbox.profile.tell_later,
    outbox.collected.tell_order,
    outbox.leave.erase,
    imports.carry,
    archive.make,
    mail.post_letter,
]

CLOCKWORK: list[Clockwork] = [
    Clockwork("posts.due", 15.0, outbox.schedule.publish_due),
    Clockwork("posts.forgotten", 600.0, outbox.prepare.give_up_forgotten),
    Clockwork("posts.unpicked", 3600.0, outbox.pick.forget_unpicked),
    Clockwork("turns.tidy", 3600.0, outbox.turns.tidy),
    Clockwork("uploads.forgotten", 3600.0, outbox.uploads.forget),
    Clockwork("policy.watch", 10.0, outbox.policies.watch),
    Clockwork("outbox.resume", 900.0, outbox.sweep.resume),
    Clockwork("inbox.resume", 900.0, inbox.jobs.resume),
    *housekeeping.CLOCKWORK,
    Clockwork("oauth.forget", 3600.0, actors.apps.forget),
    Clockwork("letters.forget", 3600.0, mail.forget),
    Clockwork("requests.forget", 3600.0, actors.requests.forget),
    Clockwork("accounts.leave", 600.0, outbox.leave.due),
    Clockwork("archives.forget", 3600.0, archive.forget),
    Clockwork("media.prune", 600.0, remote_media.tidy),
    Clockwork("backup.afterwards", afterwards.EVERY_SECONDS, afterwards.write),
    Clockwork("backup.due", scheduled.EVERY_SECONDS, scheduled.due),
    Clockwork("backup.reconcile", reconcile.EVERY_SECONDS, reconcile.reconcile),
]

# `generate` is set by how many pictures the configured generators make at once: one, unless there are further ones.
CONCURRENCY = {"in": 2, "out": 4, "lane": 8, "look": 1, "judge": 2, "mail": 1, "generate": 1}

JOBS_SECONDS = 1.0
"""How long jobs that run may take when the server stops; then they go back into their queues."""


def own_queues(config: Config) -> list[str] | None:
    """The queues that a serving process runs: all, but for those that others run. Raises Misconfigured."""
    elsewhere = set(config.jobs.elsewhere)
    known = {spec.queue for spec in JOBS}
    if unknown := sorted(elsewhere - known):
        raise Misconfigured(f"jobs.elsewhere: {unknown[0]!r} is no queue; there are: {', '.join(sorted(known))}.")
    if elsewhere and not config.database.resolved().startswith("postgres"):
        raise Misconfigured("jobs.elsewhere: other processes need PostgreSQL (database.url).")
    return sorted(known - elsewhere) if elsewhere else None


async def open_context(
    config: Config, *, engine: bool, queues: Sequence[str] | None = None, clock: Clock | None = None
) -> Context:
    """Open database, network, storage and every room's parts. With `engine` this process also runs jobs.

    Without it (a command beside a running server) rows can be written and jobs enqueued, and nothing is run.
    """
    clock = clock or SystemClock()
    database = await Database.open(config, clock, checkpoints=engine)
    await _keep_ids_apart(database)
    context = Context(
        config=config,
        clock=clock,
        ids=database.ids,
        database=database,
        http=Http(config, clock),
        jobs=Jobs(config, CONCURRENCY | {"generate": pictures_at_once(config)}),
        storage=FolderStorage(config.media_dir, config.media_url, reserve=config.media.reserve_bytes),
    )
    database.bind(context)
    try:
        await context.jobs.connect(database)
        await _add_parts(context)
        context.part(inbox.receive.Intake).start()
        if engine:
            await rules.renew(context)
            await context.jobs.start(context, JOBS, CLOCKWORK, list(queues) if queues is not None else None)
            await context.part(Heartbeat).start(queues)
    except BaseException:
        # A house that does not open leaves no connection behind; its process may go on, as `doctor` does.
        await context.jobs.stop()
        await context.http.close()
        await database.close()
        raise
    return context


async def _keep_ids_apart(database: Database) -> None:
    """What a server that was lost may have given is not given again by the one that was restored."""
    async with database.read() as session:
        restored = await actors.restorations.latest(session)
    if restored is not None:
        database.ids.run_ahead(restored.ahead_ms)


async def _add_parts(context: Context) -> None:
    config, clock = context.config, context.clock
    context.add(keys.KeyRing(secrets.open_box(config.data_dir, clock)))
    context.add(ChangedKeys())
    context.add(Successions())
    context.part(Successions).listeners.append(outbox.follow.begin_anew)
    context.add(DomainRules(context))
    context.add(StopSwitch(context))
    context.add(SignUpDoor(context))
    context.add(Announcements(context))
    context.add(ServedDocuments(context))
    context.add(RateLimiter(clock))
    context.add(PasswordGate())
    context.add(Hub())
    context.add(Sealer.of(config, clock.now(), __version__))
    context.add(social_events.Streams())
    async with context.database.read() as session:
        last_policy = await outbox.policies.last_good(session)
    context.add(build_pipeline(config, context.http, clock, last_policy))
    outbox.known.attach(context)
    async with context.database.write() as session:
        instance = await local.instance_actor(session)
        await outbox.policies.remember(session, context.part(Pipeline).policy)
    sign = keys.InstanceSigner(context, instance.id)

    async def welcome(uri: str) -> None:
        await context.part(DomainRules).require_welcome(uri)
        await context.part(StopSwitch).require(Scope.FEDERATION)

    context.add(RemoteActors(context, Fetcher(context.http, sign, own_origin=config.public_url, welcome=welcome)))
    authenticator = Authenticator(context)
    context.part(ChangedKeys).listeners.append(authenticator.forget)
    context.add(authenticator)
    proof_keys = ProofKeys(context)
    context.part(ChangedKeys).listeners.append(proof_keys.forget)
    context.add(proof_keys)
    context.add(inbox.synchronize.Comparisons(context))
    context.add(inbox.receive.Intake(context))
    context.add(RemoteVerdicts(context))
    context.add(remote_media.RemoteMedia(context))
    context.add(KnownNumbers(context))
    context.add(outbox.figures.Figures(context))
    context.add(Disk(context))
    context.add(Glances())
    context.add(afterwards.Afterwards(context))
    context.add(scheduled.Backups(context))
    context.add(Heartbeat(context, sorted({spec.queue for spec in JOBS})))
    context.add(Readiness(context))
    context.add(Levels(context))
    context.add(Checkup())


async def close_context(context: Context) -> None:
    """Take nothing new, finish what runs, let go of everything; within five seconds."""
    await context.part(Heartbeat).stop()
    await context.part(inbox.receive.Intake).stop()
    await context.part(scheduled.Backups).stop()
    await context.jobs.stop(grace=JOBS_SECONDS)
    await context.part(Pipeline).close()
    await context.http.close()
    await context.database.close()
