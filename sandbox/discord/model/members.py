"""What a member, or the bot, may do in the whole server."""

from sandbox.discord.model.core import Core
from sandbox.discord.model.entities import Role
from sandbox.discord.model.permissions import in_guild


class Members:
    """The members and the roles they hold."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def allow(self, user_id: str, allow: int, deny: int) -> None:
        """Add and take permissions, by a role of the member's own that replaces the ones they hold."""
        guild = self._core.world.guild
        member = guild.members[user_id]
        wanted = (in_guild(guild, user_id) | allow) & ~deny
        own = next((guild.roles[r] for r in member.roles if self._is_own(r, user_id)), None)
        if own is None:
            own = Role(self._core.new_id(), f"only {self._core.world.users[user_id].username}", 0, len(guild.roles))
            guild.roles[own.id] = own
            member.roles = [own.id]
        own.permissions = wanted
        self._core.tell("GUILD_ROLE_UPDATE", own)

    def _is_own(self, role_id: str, user_id: str) -> bool:
        members = self._core.world.guild.members.values()
        return [member.user_id for member in members if role_id in member.roles] == [user_id]
