from tests.db.files import database, database_file, migrated_file

__all__ = ["database", "database_file", "migrated_file"]
