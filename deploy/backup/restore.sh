#!/bin/sh
# Puts back what backup.sh saved, and looks whether it is whole.
#   restore.sh BACKUP CONFIG
# CONFIG is a directory that is not there yet or is empty. For PostgreSQL, SLUIS_BACKUP_DATABASE is the address of an
# empty database; gateway.yaml says where the gateway finds it. Logins that were under way begin anew.
set -eu
umask 077

[ $# = 2 ] || { echo "usage: $0 BACKUP CONFIG" >&2; exit 2; }
backup=$1 config=$2
if [ -d "$config" ] && [ -n "$(ls -A "$config")" ]; then
    echo "$config is not empty: nothing was written" >&2
    exit 1
fi
(cd "$backup" && sha256sum --check --quiet --strict SHA256SUMS) || { echo "$backup is not as it was saved" >&2; exit 1; }
if [ -f "$backup/lasting.dump" ] && [ -z "${SLUIS_BACKUP_DATABASE:-}" ]; then
    echo "the records are PostgreSQL's: SLUIS_BACKUP_DATABASE says where they go" >&2
    exit 1
fi

mkdir -p "$config/var"
tar -C "$config" -xf "$backup/config.tar"
tar -C "$config" -xf "$backup/keys.tar"
if [ -f "$backup/lasting.dump" ]; then
    # one that was just started takes a while
    tries=60
    until pg_isready --quiet --dbname="$SLUIS_BACKUP_DATABASE"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { echo "the database does not answer" >&2; exit 1; }
        sleep 1
    done
    pg_restore --exit-on-error --single-transaction --no-owner --dbname="$SLUIS_BACKUP_DATABASE" "$backup/lasting.dump"
else
    cp "$backup/lasting.sqlite" "$config/var/lasting.sqlite"
fi
"${SLUIS:-sluis}" check "$config"
"${SLUIS:-sluis}" db status "$config"
"${SLUIS:-sluis}" ledger verify "$config"
echo "restored to $config"
