"""The studio: AppKeys, tasks and items by a clock of its own. It knows no socket and renders nothing itself."""

import hashlib
from collections.abc import Callable

from sandbox.studio.archive import Archive
from sandbox.studio.envelope import Rule
from sandbox.studio.faults import Faults
from sandbox.studio.ledger import Ledger
from sandbox.studio.music.order import TakeOrder
from sandbox.studio.requests import GenerateRequest, TaskRequest
from sandbox.studio.state import AppKey, KeyStatus, Outcome, Settings
from sandbox.studio.tasks import Clip, DraftOrder, Persona, Stem, Task, TaskStatus

KEY_PREFIX = "sk-mm-"
DAY_MS = 24 * 60 * 60 * 1000


class Studio:
    """A MusicMint account system in memory, stored after every change.

    `clock` tells ms since the epoch; `token` makes n random bytes as hex; `submitted` is called with each task that
    needs rendering, which answers by `rendered` or `failed`; `stirred` is called when a task may have ended.
    """

    def __init__(
        self,
        archive: Archive,
        clock: Callable[[], int],
        token: Callable[[int], str],
        submitted: Callable[[Task], None],
        stirred: Callable[[], None],
    ) -> None:
        self._archive = archive
        self._clock = clock
        self._submitted = submitted
        self._stirred = stirred
        self._state = archive.load_state()
        self._tasks = {task.id: task for task in archive.load_tasks()}
        self._task_of_clip = {clip_id: task.id for task in self._tasks.values() for clip_id in task.clip_ids}
        self._uncalled = {task.id for task in self._tasks.values() if task.callback_url and not task.called_back}
        self._items = {item.id: item for item in archive.load_items()}
        self.token = token
        self.ledger = Ledger()
        self.faults = Faults()

    def now(self) -> int:
        """Ms since the epoch, by this studio's clock."""
        return self._clock() + self._state.advanced_ms

    def days_from_now(self, days: int) -> int:
        """When what is made now goes."""
        return self.now() + days * DAY_MS

    @property
    def settings(self) -> Settings:
        """The settings new tasks get; running ones keep theirs."""
        return self._state.settings

    def owner(self, authorization: str) -> str:
        """The account behind an Authorization header; a key is known here by its hash alone."""
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key.startswith(KEY_PREFIX) or key == KEY_PREFIX:
            raise Rule.NO_KEY.broken()
        owner = _hashed(key)
        match self._key(owner).status:
            case KeyStatus.DISABLED:
                raise Rule.DISABLED_KEY.broken()
            case KeyStatus.DELETED:
                raise Rule.DELETED_KEY.broken()
        return owner

    def signing_secret(self, owner: str) -> str | None:
        """What this account's callbacks are signed with."""
        return self._key(owner).signing_secret

    def accept(self, owner: str, request: TaskRequest, order: TakeOrder | DraftOrder) -> Task:
        """A new task, of which everything is checked."""
        now = self.now()
        last = next(reversed(self._tasks.values()), None)
        outcomes = self._state.outcomes
        task = Task(
            id=self.token(12),
            number=last.number + 1 if last else 0,
            owner=owner,
            order=order,
            continues=request.source if isinstance(request, GenerateRequest) else None,
            callback_url=request.callback_url,
            created_at=now,
            ready_at=now + self.settings.generation_ms,
            expire_at=self.days_from_now(request.retention_days),
            clip_ids=tuple(f"clip-{self.token(8)}" for _ in range(request.takes)),
            error=outcomes[0].error if outcomes else None,
        )
        if outcomes:
            self._change(outcomes=outcomes[1:])
        if task.callback_url:
            self._uncalled.add(task.id)
        self._keep(task)
        if task.needs_rendering:
            self._submitted(task)
        return task

    def tasks(self) -> list[Task]:
        """All tasks, newest first."""
        return list(reversed(self._tasks.values()))

    def task(self, task_id: str) -> Task:
        """The task of this id, whoever owns it."""
        if task_id not in self._tasks:
            raise Rule.UNKNOWN.broken(f"task {task_id}")
        return self._tasks[task_id]

    def task_of(self, clip_id: str) -> Task | None:
        """The task that made a clip; uploads and joined songs have none."""
        return self._tasks.get(self._task_of_clip.get(clip_id, ""))

    def item(self, item_id: str) -> Clip | Stem | Persona | None:
        """An item, or a clip of a completed task; expired or not, whoever owns it."""
        task = self.task_of(item_id)
        if task is None:
            return self._items.get(item_id)
        clips = task.clips if task.status(self.now()) is TaskStatus.COMPLETED else ()
        return next((clip for clip in clips if clip.id == item_id), None)

    def hold(self, item: Clip | Stem | Persona) -> None:
        """Keep what a call made."""
        self._items[item.id] = item
        self._archive.save_item(item)

    def unrendered(self) -> list[Task]:
        """The tasks whose results are still to be made, oldest first."""
        return [task for task in self._tasks.values() if task.needs_rendering]

    def rendered(self, task_id: str, clips: tuple[Clip, ...]) -> None:
        """The takes of a task are made; it completes once its time has come."""
        self._keep(self._tasks[task_id].model_copy(update={"clips": clips}))

    def failed(self, task_id: str, error: str) -> None:
        """The takes of a task cannot be made."""
        self._keep(self._tasks[task_id].model_copy(update={"error": error}))

    def finish(self, task_id: str) -> Task:
        """End a task now, or as soon as its takes are made."""
        task = self.task(task_id)
        self._keep(task.model_copy(update={"ready_at": min(task.ready_at, self.now())}))
        return self._tasks[task_id]

    def take_uncalled(self) -> list[Task]:
        """The tasks that have ended since, and are to be called back; each is handed out once."""
        now = self.now()
        ended = [self._tasks[task_id] for task_id in self._uncalled if self._tasks[task_id].ended(now)]
        self._uncalled -= {task.id for task in ended}
        for task in ended:
            self._keep(task.model_copy(update={"called_back": True}))
        return ended

    def until_next_end(self) -> float | None:
        """Seconds until the next task ends that is to be called back, by what is rendered so far."""
        waiting = [task for task in map(self._tasks.__getitem__, self._uncalled) if not task.needs_rendering]
        return min(((task.ready_at - self.now()) / 1000 for task in waiting), default=None)

    def change_settings(self, settings: Settings) -> None:
        """From the next task on."""
        self._change(settings=settings)

    def set_key(self, key: str, **parts: object) -> KeyStatus:
        """Change a key's status or signing secret; what is not said stays."""
        owner = _hashed(key)
        known = self._key(owner).model_copy(update=parts)
        self._change(keys={**self._state.keys, owner: known})
        return known.status

    def expect_failures(self, error: str, times: int) -> None:
        """The next `times` tasks end in this error."""
        self._change(outcomes=(*self._state.outcomes, *(Outcome(error=error) for _ in range(times))))

    def advance(self, ms: int) -> int:
        """Move this studio's clock on; returns its new time."""
        self._change(advanced_ms=self._state.advanced_ms + ms)
        self._stirred()
        return self.now()

    def _key(self, owner: str) -> AppKey:
        return self._state.keys.get(owner, AppKey())

    def _keep(self, task: Task) -> None:
        self._tasks[task.id] = task
        self._task_of_clip.update(dict.fromkeys(task.clip_ids, task.id))
        self._archive.save_task(task)
        self._stirred()

    def _change(self, **parts: object) -> None:
        self._state = self._state.model_copy(update=parts)
        self._archive.save_state(self._state)


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]
