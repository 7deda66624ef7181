"""The tables' base: columns, keys and versions that every noun shares."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Dialect,
    MetaData,
    Text,
    Uuid,
    any_,
    bindparam,
    inspect,
    literal,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    declared_attr,
    make_transient_to_detached,
    mapped_column,
)
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[datetime]):
    """An aware instant, UTC inside (I67). A naive one is refused at the border."""

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What a cursor's instants are read back as; PostgreSQL's own type does not say."""
        return datetime

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive datetime reached the database")
        return value

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        return value if value is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables. Constraints are named in the migrations, which are written by hand."""

    metadata = MetaData()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant(),
        UUID: Uuid(),
        str: Text(),
        dict[str, Any]: JSONB(),
        list[dict[str, Any]]: JSONB(),
    }


class OfClinic:
    """A row that belongs to a clinic: composite keys, as foreign keys bypass row security."""

    noun: ClassVar[str]
    clinic_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)


class Versioned:
    """`version` rises by one with every write of the row; a lost race is noticed (I34)."""

    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - a directive gets the class
        return {"version_id_col": cls.version}


# No autoflush: an action's changes go out once, so that a unit of work raises a version by one.
db = SQLAlchemy(
    metadata=Base.metadata, session_options={"autoflush": False, "expire_on_commit": False}
)

Row = TypeVar("Row", bound=Base)


def in_states(column: Any, *states: str) -> ColumnElement[bool]:
    """Is it one of these states? They stand in the statement itself.

    Every plan is a generic one: to it a bound state could be any, and so no partial index serves.
    """
    named: BindParameter[str] = bindparam(None, states, expanding=True, literal_execute=True)
    found: ColumnElement[bool] = column.in_(named)
    return found


def among(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:
    """Is it one of these? However many there are, it is one statement with one plan.

    That plan takes them for few, and so looks each of them up in an index.
    """
    found: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(column.type)))
    return found


def among_ids(column: Any) -> ColumnElement[bool]:
    """As `among`, in a statement that is made once, of the `ids` that it is executed with."""
    found: ColumnElement[bool] = column == any_(bindparam("ids", type_=ARRAY(Uuid())))
    return found


def insert(session: Session, model: type[Row], rows: Sequence[dict[str, Any]]) -> list[Row]:
    """Insert rows at once; they are in the session as if they had been loaded.

    The unit of work of the ORM, which does the same, takes as long as the database itself.
    """
    made = [model(**row) for row in insert_unseen(session, model, rows)]
    for each in made:
        make_transient_to_detached(each)
        session.add(each)
    return made


def insert_unseen(
    session: Session, model: type[Row], rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Insert rows at once that this unit of work does not look at again; each as it is stored."""
    usual, made_anew = _defaults(model)
    known = [usual | {key: make(None) for key, make in made_anew.items()} | row for row in rows]
    session.connection().execute(model.__table__.insert(), known)  # type: ignore[attr-defined]
    return known


@cache
def _defaults(model: type[Base]) -> tuple[dict[str, Any], dict[str, Callable[[Any], Any]]]:
    """What a new row has where nothing is said: values, null among them, and what makes one."""
    usual: dict[str, Any] = {}
    made_anew: dict[str, Callable[[Any], Any]] = {}
    for column in inspect(model).columns:
        default: Any = column.default
        if default is not None and default.is_callable:
            made_anew[column.key] = default.arg
        else:
            usual[column.key] = None if default is None else default.arg
    return usual, made_anew
