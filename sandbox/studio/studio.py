"""The studio: AppKeys, tasks and clips by a clock of its own. It knows no socket and renders nothing itself."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.studio import envelope
from sandbox.studio.archive import Archive
from sandbox.studio.faults import Faults
from sandbox.studio.ledger import Ledger
from sandbox.studio.requests import GenerateRequest, TaskListRequest
from sandbox.studio.state import KeyStatus, Outcome, Settings, StudioState
from sandbox.studio.tasks import STATUS_FILTER, Clip, Task, TaskStatus

KEY_PREFIX = "sk-mm-"
TAKES = 2


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One page of a key's tasks, newest first, and how many there are in all."""

    tasks: tuple[Task, ...]
    total: int


class Studio:
    """A MusicMint account system in memory, stored after every change.

    `clock` tells ms since the epoch; `token` makes n random bytes as hex; `submitted` is called with each task that
    needs rendering, which answers by `rendered` or `failed`.
    """

    def __init__(
        self,
        archive: Archive,
        clock: Callable[[], int],
        token: Callable[[int], str],
        submitted: Callable[[Task], None],
    ) -> None:
        self._archive = archive
        self._clock = clock
        self._token = token
        self._submitted = submitted
        self._state = archive.load_state() or StudioState()
        self._tasks = {task.id: task for task in archive.load_tasks()}
        self._task_of_clip = {clip_id: task.id for task in self._tasks.values() for clip_id in task.clip_ids}
        self.ledger = Ledger()
        self.faults = Faults()

    def now(self) -> int:
        """Ms since the epoch, by this studio's clock."""
        return self._clock() + self._state.advanced_ms

    @property
    def settings(self) -> Settings:
        """The settings new tasks get; running ones keep theirs."""
        return self._state.settings

    def owner(self, authorization: str) -> str:
        """The account behind an Authorization header; a key is known here by its hash alone."""
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() != "bearer" or not key.startswith(KEY_PREFIX) or key == KEY_PREFIX:
            raise envelope.bad_key()
        owner = _hashed(key)
        match self._state.keys.get(owner, KeyStatus.ACTIVE):
            case KeyStatus.DISABLED:
                raise envelope.disabled_key()
            case KeyStatus.DELETED:
                raise envelope.deleted_key()
        return owner

    def generate(self, owner: str, request: GenerateRequest) -> Task:
        """Accept a request for music; what it extends must be there, unexpired, and reach to `continue_at`."""
        if request.continue_clip_id is not None:
            source = self.clip(owner, request.continue_clip_id)
            if request.continue_at is not None and request.continue_at > source.duration:
                raise envelope.ApiError(
                    400, envelope.WRONG_FIELD, f"continue_at: the clip ends after {source.duration} seconds"
                )
        now = self.now()
        outcomes = self._state.outcomes
        task = Task(
            id=self._token(12),
            number=len(self._tasks),
            owner=owner,
            request=request,
            created_at=now,
            ready_at=now + self.settings.generation_ms,
            clip_ids=tuple(f"clip-{self._token(8)}" for _ in range(TAKES)),
            error=outcomes[0].error if outcomes else None,
        )
        if outcomes:
            self._change(outcomes=outcomes[1:])
        self._keep(task)
        if task.needs_rendering:
            self._submitted(task)
        return self._tasks[task.id]

    def task(self, owner: str, task_id: str) -> Task:
        """This account's task."""
        task = self._tasks.get(task_id)
        if task is None or task.owner != owner:
            raise envelope.unknown("task", task_id)
        return task

    def tasks(self, owner: str, request: TaskListRequest) -> TaskPage:
        """One page of this account's tasks."""
        now = self.now()
        wanted = STATUS_FILTER.get(request.status)
        found = [
            task
            for task in reversed(self._tasks.values())
            if task.owner == owner and (wanted is None or task.status(now) is wanted)
        ]
        start = (request.page - 1) * request.page_size
        return TaskPage(tuple(found[start : start + request.page_size]), len(found))

    def clip(self, owner: str, clip_id: str) -> Clip:
        """This account's finished clip; an expired one is an error of its own."""
        clip = self.finished_clip(clip_id)
        if clip is None or self._tasks[self._task_of_clip[clip_id]].owner != owner:
            raise envelope.unknown("clip", clip_id)
        if clip.expired(self.now()):
            raise envelope.expired()
        return clip

    def finished_clip(self, clip_id: str) -> Clip | None:
        """The clip of a completed task, expired or not, whoever owns it."""
        task = self._tasks.get(self._task_of_clip.get(clip_id, ""))
        if task is None or task.status(self.now()) is not TaskStatus.COMPLETED:
            return None
        return next(clip for clip in task.clips if clip.id == clip_id)

    def source_of(self, task: Task) -> Clip | None:
        """The clip this task extends; it was there, and not expired, when the task was accepted."""
        return self.finished_clip(task.request.continue_clip_id or "")

    def unrendered(self) -> list[Task]:
        """The tasks whose music is still to be made, oldest first."""
        return [task for task in self._tasks.values() if task.needs_rendering]

    def rendered(self, task_id: str, clips: tuple[Clip, ...]) -> None:
        """The takes of a task are made; it completes once its time has come."""
        self._keep(self._tasks[task_id].model_copy(update={"clips": clips}))

    def failed(self, task_id: str, error: str) -> None:
        """The takes of a task cannot be made."""
        self._keep(self._tasks[task_id].model_copy(update={"error": error}))

    def finish(self, task_id: str) -> Task:
        """End a task now, or as soon as its takes are made."""
        task = self._tasks.get(task_id)
        if task is None:
            raise envelope.unknown("task", task_id)
        self._keep(task.model_copy(update={"ready_at": min(task.ready_at, self.now())}))
        return self._tasks[task_id]

    def change_settings(self, settings: Settings) -> None:
        """From the next task on."""
        self._change(settings=settings)

    def set_key(self, key: str, status: KeyStatus) -> None:
        """Disable or delete an AppKey, or make it active again."""
        self._change(keys={**self._state.keys, _hashed(key): status})

    def expect_failures(self, error: str, times: int) -> None:
        """The next `times` tasks end in this error."""
        self._change(outcomes=(*self._state.outcomes, *(Outcome(error=error) for _ in range(times))))

    def advance(self, ms: int) -> int:
        """Move this studio's clock on; returns its new time."""
        self._change(advanced_ms=self._state.advanced_ms + ms)
        return self.now()

    def _keep(self, task: Task) -> None:
        self._tasks[task.id] = task
        self._task_of_clip.update(dict.fromkeys(task.clip_ids, task.id))
        self._archive.save_task(task)

    def _change(self, **parts: object) -> None:
        self._state = self._state.model_copy(update=parts)
        self._archive.save_state(self._state)


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]
