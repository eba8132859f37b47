#!/bin/bash
# Lays the migrations of Debian packages out as test/corpus/walk.pl reads them: test/corpus/debian.sh OUT [NAME...]
# The packages are downloaded and unpacked, never installed; one that cannot be had is left out.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$1
shift
[ $# -gt 0 ] || set -- tt-rss director mediawiki davical roundcube
mkdir -p "$out/packages"
out=$(cd "$out" && pwd)

unpack() { # PACKAGE...
    local package
    for package; do
        [ ! -d "$out/packages/$package" ] || continue
        (cd "$out/packages" && apt-get -qq download "$package") >"$out/packages/log" 2>&1 || {
            echo "corpus: left out, as the package $package cannot be downloaded: $(tail -n 1 "$out/packages/log")" >&2
            return 1
        }
        dpkg-deb -x "$out/packages/$package"_*.deb "$out/packages/$package" || return 1
        rm "$out/packages/$package"_*.deb
    done
}

# lay_out NAME BASE MIGRATION...: the migrations in their order, after a prelude of the newest schema that is wound back.
lay_out() {
    local name=$1 base=$2 n=0 file
    shift 2
    rm -rf "${out:?}/$name"
    mkdir "$out/$name"
    for file; do
        n=$((n + 1))
        cp "$file" "$out/$name/$(printf %04d $n)_$(basename "$file" .sql | tr -c 'A-Za-z0-9\n' _).up.sql"
    done
    { cat $base; echo; echo --8\<--; "$here/wind_back.pl" "$@"; } >"$out/$name/prelude.sql"
}

for name; do
    rm -rf "${out:?}/$name"
    case $name in
    tt-rss)
        unpack tt-rss || continue
        folder=$out/packages/tt-rss/usr/share/tt-rss/schema
        lay_out tt-rss "$folder/ttrss_schema_pgsql.sql" $(ls "$folder"/versions/pgsql/*.sql | sort -V)
        ;;
    director)
        unpack icingaweb2-module-director || continue
        folder=$out/packages/icingaweb2-module-director/usr/share/icingaweb2/modules/director/schema
        lay_out director "$folder/pgsql.sql" $(ls "$folder"/pgsql-migrations/*.sql | sort -V)
        ;;
    mediawiki)
        unpack mediawiki || continue
        folder=$out/packages/mediawiki/usr/share/mediawiki/maintenance/postgres
        updater=$out/packages/mediawiki/usr/share/mediawiki/includes/installer/PostgresUpdater.php
        # In the order of the program that applies them, and then those that it does not name any more.
        lay_out mediawiki "$folder/tables-generated.sql $folder/tables.sql" $({
            grep -o 'patch-[A-Za-z0-9_.-]*\.sql' "$updater"
            ls "$folder/archives"
        } | awk '!seen[$0]++' | while read -r file; do ls "$folder/archives/$file" 2>/dev/null || :; done)
        ;;
    davical)
        unpack davical libawl-php || continue
        folder=$out/packages/davical/usr/share/davical/dba
        awl=$out/packages/libawl-php/usr/share/awl/dba
        {
            echo 'CREATE ROLE general;'
            cat "$awl/awl-tables.sql" "$awl/schema-management.sql" "$folder/davical.sql"
            # Each asks whether the one before it was applied, which one that cannot be leaves undone.
            echo "CREATE OR REPLACE FUNCTION check_db_revision(int, int, int) RETURNS boolean LANGUAGE sql AS 'SELECT true';"
        } >"$out/packages/davical.sql"
        lay_out davical "$out/packages/davical.sql" $(ls "$folder"/patches/*.sql | sort -V)
        ;;
    roundcube)
        unpack roundcube-core || continue
        folder=$out/packages/roundcube-core/usr/share/roundcube/SQL
        lay_out roundcube "$folder/postgres.initial.sql" $(ls "$folder"/postgres/*.sql | sort -V)
        ;;
    *) echo "there is no '$name'" >&2; exit 1 ;;
    esac
done
