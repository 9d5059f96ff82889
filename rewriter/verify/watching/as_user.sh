#!/bin/sh
# usage: as_user.sh USER[:GROUP] COMMAND [ARGUMENT]...
#
# Runs the command as the user of the Dockerfile. Only root may set the access times of the files of others, so the
# RUN that is watched starts as root.
user=${1%%:*}
group=
case $1 in *:*) group=${1#*:} ;; esac
shift
id= home=/ main=0
while IFS=: read -r name _ number gid _ folder _; do
    if [ "$name" = "$user" ] || [ "$number" = "$user" ]; then
        id=$number main=$gid home=$folder
        break
    fi
done < /etc/passwd
if [ -n "$id" ] && [ -z "$group" ]; then groups=--init-groups; else groups=--clear-groups; fi
if ! setpriv --reuid="${id:-$user}" --regid="${group:-$main}" "$groups" true; then
    echo 'it has no setpriv, with which a RUN of another user than root is watched' > /.dfix/out/unable
    exit 1
fi
[ "$HOME" != /root ] || export HOME="$home"
exec setpriv --reuid="${id:-$user}" --regid="${group:-$main}" "$groups" "$@"
