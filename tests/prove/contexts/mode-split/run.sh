#!/bin/sh
stat -c "%a %U %n" /srv/app /srv/app/*
