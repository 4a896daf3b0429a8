#!/bin/sh
# Backs up all that lasts: the configuration with its keys, and the lasting records.
#   backup.sh CONFIG TARGET
# CONFIG is the configuration's directory, TARGET a directory that is not there yet. SQLite is copied while the gateway
# runs; for PostgreSQL, SLUIS_BACKUP_DATABASE is the address for pg_dump (postgresql://...). The result holds keys: keep
# keys/ apart from lasting.*, for whoever has both can read what is sealed.
# What is not in it may be lost: logins under way (the short-lived store), fetched metadata, the log.
set -eu
umask 077

[ $# = 2 ] || { echo "usage: $0 CONFIG TARGET" >&2; exit 2; }
config=$1 target=$2
[ -f "$config/gateway.yaml" ] || { echo "$config holds no gateway.yaml" >&2; exit 1; }
mkdir "$target"

tar -C "$config" --exclude=./var --exclude=./keys -cf "$target/config.tar" .
tar -C "$config" -cf "$target/keys.tar" ./keys
if [ -n "${SLUIS_BACKUP_DATABASE:-}" ]; then
    pg_dump --format=custom --no-owner --file="$target/lasting.dump" "$SLUIS_BACKUP_DATABASE"
elif [ -f "$config/var/lasting.sqlite" ]; then
    # SQLite's own way of copying: whole, whatever is written meanwhile
    python3 - "$config/var/lasting.sqlite" "$target/lasting.sqlite" << 'PYTHON'
import sqlite3
import sys

source, target = (sqlite3.connect(name) for name in sys.argv[1:])
source.backup(target)
[(said,)] = target.execute("PRAGMA integrity_check")
source.close()
target.close()
sys.exit(0 if said == "ok" else f"the copy is not whole: {said}")
PYTHON
else
    echo "no lasting records: neither var/lasting.sqlite nor SLUIS_BACKUP_DATABASE" >&2
    exit 1
fi
(cd "$target" && sha256sum ./* > SHA256SUMS)
echo "backed up to $target"
