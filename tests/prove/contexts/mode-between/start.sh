#!/bin/sh
ls -ln /start.sh /app/hook /data
