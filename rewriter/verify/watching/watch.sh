#!/bin/sh
# usage: watch.sh COMMAND [ARGUMENT]...
#
# Runs the command and leaves in /.dfix/out which of the files in /.dfix/paths (separated by NUL) it read, wrote and
# removed. A read moves a file's access time (the first one, where it was older than the last change, also with
# relatime), so all of them are set back before. That only works in the RUN that reads: overlay file systems never move
# the access time of a file that is in a lower layer, and setting it copies the file into this one.
d=/.dfix
ago='1971-01-01 00:00:00'

each() {
    xargs -0 "$@" 2>/dev/null
}

mkdir -p "$d/out"
: > "$d/out/unable"
echo read > "$d/read"
echo quiet > "$d/quiet"
each sha256sum < "$d/files" > "$d/out/sums-before"
each touch -c -h -a -d "$ago" < "$d/paths"
each stat -c '%X %f %u:%g %n' < "$d/paths" > "$d/out/before"
cat "$d/read" > /dev/null
"$@"
echo "$?" > "$d/out/status"
each stat -c '%X %f %u:%g %n' < "$d/paths" > "$d/out/after"
each sha256sum < "$d/files" > "$d/out/sums-after"
exit 0
