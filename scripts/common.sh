# Sourced by the other scripts; they set `top`, the folder of the sources, beforehand.

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

# The PostgreSQL that a Debian release carries is the one to build for; elsewhere, the newest that is there.
default_major() {
    case $(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null) in
    bookworm) echo 15 ;;
    trixie) echo 17 ;;
    forky | sid) echo 18 ;;
    *) ls /usr/lib/postgresql 2>/dev/null | sort -n | tail -n 1 ;;
    esac
}

# PG_CONFIG of the caller, else the one of the default major by its full path: libpq-dev's may be of another version.
find_pg_config() {
    echo "${PG_CONFIG:-/usr/lib/postgresql/$(default_major)/bin/pg_config}"
}

# The PostgreSQL server refuses to run as root; as root, it and the tests run as the user that Debian made for it.
if [ "$(id -u)" = 0 ]; then
    as_server_user="setpriv --reuid=postgres --regid=postgres --clear-groups --inh-caps=-all"
else
    as_server_user=
fi

# A folder for data, on tmpfs where there is one with room for a million rows and their WAL, else in TMPDIR.
# May be mounted noexec: nothing that is executed goes there.
data_parent() {
    free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
    if [ "${free:-0}" -gt 2000000 ] && [ -w /dev/shm ] && [ "$(stat -f -c %T /dev/shm)" = tmpfs ]; then
        echo /dev/shm
    else
        echo "${TMPDIR:-/tmp}"
    fi
}

# make_folder PARENT: a new private folder that the server's user owns.
make_folder() {
    folder=$(mktemp -d "$1/surefoot.XXXXXX")
    [ -z "$as_server_user" ] || chown postgres:postgres "$folder"
    echo "$folder"
}

# copy_sources FOLDER: the sources as they are, without what was built or what git keeps.
copy_sources() {
    mkdir -p "$1"
    tar -C "$top" --exclude=./.git --exclude=./build --exclude='*.o' --exclude='*.d' --exclude='*.so' \
        --exclude=./results --exclude=./tmp_check -cf - . | tar -C "$1" --no-same-owner -xf -
}

# update_sources FOLDER: makes it hold the sources. Only what differs is copied, so what was built from the rest can stay.
update_sources() {
    new=$(mktemp -d)
    copy_sources "$new"
    mkdir -p "$1"
    (cd "$1" && find . -type f ! -name '*.[od]' ! -name '*.so' ! -path './build/*') | while read -r file; do
        [ -e "$new/$file" ] || rm "$1/$file"
    done
    (cd "$new" && find . -type f) | while read -r file; do
        cmp -s "$new/$file" "$1/$file" || {
            mkdir -p "$1/$(dirname "$file")"
            cp "$new/$file" "$1/$file"
        }
        chmod --reference="$new/$file" "$1/$file"
    done
    rm -rf "$new"
}

# Builds everything in $top; says how far it is when it takes long, as the first time.
build_all() {
    mkdir -p "$top/build"
    mark=$(mktemp)
    of=$(find "$top/extension" "$top/client" -name '*.cpp' | wc -l)
    (
        seconds=0
        while sleep 1; do
            seconds=$((seconds + 1))
            [ $((seconds % 30)) = 15 ] || continue
            say "  compiled $(find "$top/extension" "$top/build" -name '*.o' -newer "$mark" | wc -l) of up to $of files"
        done
    ) &
    ticker=$!
    status=0
    make -s -C "$top" -j "$(nproc)" all || status=$?
    kill "$ticker"
    wait "$ticker" 2>/dev/null || true
    rm -f "$mark"
    return "$status"
}

# Unpacks the upstream source of a Debian package into the current folder.
fetch_source() {
    # Lists of its own, as the machine may not care for sources.
    mkdir -p lists/partial
    echo "deb-src $("$top/scripts/mirror") bookworm main" >sources.list
    package=$1
    set -- -q -o "Dir::Etc::SourceList=$PWD/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$PWD/lists"
    apt-get "$@" update
    apt-get "$@" source --download-only "$package"
    tar --strip-components=1 -xf "$package"_*.orig.tar.*
}
