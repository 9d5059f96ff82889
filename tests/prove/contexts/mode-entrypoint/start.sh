#!/bin/sh
exec /opt/tools/report "$@"
