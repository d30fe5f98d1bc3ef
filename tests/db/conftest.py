from tests.db.disk import disk, stored
from tests.db.files import database, database_file, migrated_file

__all__ = ["database", "database_file", "disk", "migrated_file", "stored"]
