"""The whole model: a Discord without sockets, for tests in-process and for the wire around it."""

import random
from pathlib import Path

from sandbox.discord.model import store
from sandbox.discord.model.channels import Channels
from sandbox.discord.model.clock import Clock
from sandbox.discord.model.commands import Commands
from sandbox.discord.model.core import Core
from sandbox.discord.model.files import Files
from sandbox.discord.model.interactions import Interactions
from sandbox.discord.model.members import Members
from sandbox.discord.model.messages import Messages
from sandbox.discord.model.people import People
from sandbox.discord.model.sessions import Sessions
from sandbox.discord.model.world import default_world


class Model:
    """The world of a data folder (the default one in an empty folder), and everything that can be done to it."""

    def __init__(self, folder: Path, clock: Clock, rng: random.Random) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        world = store.load(folder) or default_world(clock, rng)
        clock.advance(max(0, world.offset_ms - clock.offset_ms))
        self.core = Core(world, clock, rng, Files(folder))
        self.messages = Messages(self.core)
        self.channels = Channels(self.core, self.messages)
        self.members = Members(self.core)
        self.commands = Commands(self.core)
        self.interactions = Interactions(self.core, self.messages)
        self.sessions = Sessions(self.core)
        self.people = People(self.core, self.messages, self.commands, self.interactions)
        self.saver = store.Saver(self.core, folder)
        self.core.readers.append(self.sessions.read)
        for interaction in world.interactions.values():
            self.interactions.expire(interaction, offline=True)
