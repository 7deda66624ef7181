"""Every row of a test's database: has anything changed, and put it back as it was."""

from typing import Any
from uuid import UUID

import psycopg

from scheduler.db import Base

# What any request leaves behind: its audit row, and when its key was last used.
_TRACES = frozenset({"audit_log"})
_LAST_USED = "last_used_at"


class Stored:
    """The rows of one database, seen by a superuser whom row security does not bind."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.tables = [table.name for table in Base.metadata.sorted_tables]

    def fingerprints(self, clinic_id: UUID | None = None) -> dict[str, str]:
        """One for each table, of one clinic's rows or of all; traces of requests do not count."""
        selects = [
            f"SELECT '{name}', md5(string_agg(row, ',' ORDER BY row)) FROM ("
            f" SELECT (to_jsonb(t) - '{_LAST_USED}')::text FROM {name} t"
            f" {_of(name, clinic_id)}) AS rows (row)"
            for name in self.tables
            if name not in _TRACES
        ]
        return dict(self.connection.execute(" UNION ALL ".join(selects)).fetchall())

    def keep(self) -> None:
        """Remember every row as it is now; a second time forgets the first."""
        for name in self.tables:
            self.connection.execute(f"DROP TABLE IF EXISTS pg_temp.kept_{name}")
            self.connection.execute(f"CREATE TEMP TABLE kept_{name} AS TABLE {name}")

    def put_back(self) -> None:
        """Make every row what it was when it was kept, in one round trip."""
        statements = ["SET session_replication_role = replica"]
        for table in Base.metadata.sorted_tables:
            columns = ", ".join(f'"{column.name}"' for column in table.columns)
            statements += [
                f"DELETE FROM {table.name}",
                f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM kept_{table.name}",
            ]
        self.connection.execute("; ".join(statements))

    def text(self, table: str) -> str:
        """All that stands in a table, as text."""
        rows = self.connection.execute(f"SELECT to_jsonb(t)::text FROM {table} t").fetchall()
        return "\n".join(row for (row,) in rows)


def _of(table: str, clinic_id: UUID | None) -> str:
    column = "id" if table == "clinics" else "clinic_id"
    return f"WHERE {column} = '{clinic_id}'" if clinic_id else ""
