"""Stand-ins, of Debian packages, for the images that `deploy/` names: for machines that reach no registry of images.

`python -m tests.support.stand_in_images ENGINE` gives them the names of those to podman or docker, which then looks no
further. It makes one root for all in build/, once, with debootstrap, as root. They behave as the named ones do where
`deploy/` leans on it: users, places to write to, what starts, what is asked for. Versions are Debian's: they are older.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
ARCHIVE = ROOT / "build" / "stand-in.tar"
COMMON = "localhost/stand-in:1"
_SUITE = "bookworm"
_PACKAGES = ("ca-certificates", "nginx-light", "postgresql", "python3-venv", "redis-server")
_AUTHORITIES = "etc/ssl/certs/ca-certificates.crt"
_NGINX = """user www-data;
pid /run/nginx.pid;
events {}
http {
    client_body_temp_path /var/cache/nginx/body; proxy_temp_path /var/cache/nginx/proxy;
    fastcgi_temp_path /var/cache/nginx/f; uwsgi_temp_path /var/cache/nginx/u; scgi_temp_path /var/cache/nginx/s;
    include /etc/nginx/mime.types;
    include /etc/nginx/conf.d/*.conf;
}
"""
# The first time, a cluster and a database as the environment says; it is reached by nobody until that is done.
_POSTGRES = """#!/bin/sh
set -eu
[ "$1" = postgres ] || exec "$@"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --encoding=UTF8 --locale=C.UTF-8 \\
        --auth-local=trust --auth-host=scram-sha-256
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    pg_ctl start --wait --silent --options="-c listen_addresses="
    createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
    pg_ctl stop --wait --silent
fi
exec postgres -c "listen_addresses=*"
"""
IMAGES = {
    "docker.io/library/python:3.12-slim-bookworm": f'ENV PIP_CERT=/{_AUTHORITIES}\nCMD ["python3"]',
    "docker.io/library/nginx:1.28": 'CMD ["nginx", "-g", "daemon off;"]',
    "docker.io/library/redis:7.4": 'VOLUME /data\nWORKDIR /data\nCMD ["redis-server"]',
    "docker.io/library/postgres:17": (
        "ENV PGDATA=/var/lib/postgresql/data\nVOLUME /var/lib/postgresql/data\n"
        'ENTRYPOINT ["start-postgres"]\nCMD ["postgres"]'
    ),
}
"""Each name, and what its stand-in has beside the common root."""


def make() -> None:
    """The common root, as an archive; as root, from wherever debootstrap and apt fetch packages here."""
    ARCHIVE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="stand-in-") as name:
        root = Path(name) / "root"
        _do("debootstrap", "--variant=minbase", _SUITE, root)
        # nothing is started while it is installed
        _script(root / "usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n")
        _do("chroot", root, "apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *_PACKAGES)
        _do("chroot", root, "apt-get", "clean")
        # who packages are fetched from must be trusted as here
        shutil.copy(f"/{_AUTHORITIES}", root / _AUTHORITIES)
        _arrange(root)
        unfinished = ARCHIVE.with_suffix(".part")
        _do("tar", "-C", root, "--numeric-owner", "--exclude=./proc/*", "--exclude=./sys/*", "-cf", unfinished, ".")
        unfinished.rename(ARCHIVE)


def _arrange(root: Path) -> None:
    """What the named images have and Debian's packages do not."""
    for program in (root / "usr/lib/postgresql").glob("*/bin/*"):
        link = root / "usr/local/bin" / program.name
        link.symlink_to(f"/{program.relative_to(root)}")
    _script(root / "usr/local/bin/start-postgres", _POSTGRES)
    (root / "etc/nginx/nginx.conf").write_text(_NGINX)
    shutil.rmtree(root / "var/lib/postgresql")
    # 999 is the user of Redis and of PostgreSQL in their images
    with (root / "etc/passwd").open("a") as users, (root / "etc/group").open("a") as groups:
        users.write("stores:x:999:999::/var/lib/postgresql:/bin/sh\n")
        groups.write("stores:x:999:\n")
    (root / "var/cache/nginx").mkdir()
    for place in ("data", "var/lib/postgresql/data", "run/postgresql"):
        (root / place).mkdir(parents=True, exist_ok=True)
        (root / place).chmod(0o700)
        shutil.chown(root / place, 999, 999)


def give(engine: str) -> None:
    """Have the engine keep them, each under its name."""
    _do(engine, "import", ARCHIVE, COMMON)
    for name, more in IMAGES.items():
        with tempfile.TemporaryDirectory() as context:
            (Path(context) / "Dockerfile").write_text(
                f"FROM {COMMON}\nENV PATH=/usr/local/bin:/usr/sbin:/usr/bin\n{more}\n"
            )
            _do(engine, "build", "--tag", name, context)


def _script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _do(*command: str | Path) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=1800)


if __name__ == "__main__":
    if not ARCHIVE.exists():
        make()
    give(sys.argv[1])
