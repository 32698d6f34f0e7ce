#!/bin/sh
# System packages that the tests use: installed where that is allowed, named where it is not (those tests then skip).
set -eu
missing=""
command -v tmux >/dev/null 2>&1 || missing="$missing tmux"
command -v tshark >/dev/null 2>&1 || missing="$missing tshark"
command -v dumpcap >/dev/null 2>&1 || missing="$missing wireshark-common"
command -v tcpdump >/dev/null 2>&1 || missing="$missing tcpdump"
command -v ip >/dev/null 2>&1 || missing="$missing iproute2"
if [ "$(uname -s)" = Linux ]; then # the TLS helper: BCC for the system's Python, and any recent kernel headers
    /usr/bin/python3 -c 'import bcc; bcc.BPF' >/dev/null 2>&1 || missing="$missing python3-bpfcc"
    command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
    if ! ls -d /lib/modules/*/build/include /usr/src/linux-headers-*/include >/dev/null 2>&1; then
        case $(cat /etc/os-release) in
        *ID=ubuntu*) missing="$missing linux-headers-generic" ;;
        *) missing="$missing linux-headers-amd64" ;;
        esac
    fi
fi
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing$missing"
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null; then exit 0; fi
fi
echo "Not installed:$missing. The tests that need them are skipped and say so. Debian, Ubuntu: sudo apt-get install$missing" >&2
