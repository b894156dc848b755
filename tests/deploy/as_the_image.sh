#!/bin/sh
# Runs a command as the image does: nobody's user, a read-only system, /mnt/data and /var/tmp to write to.
# as_the_image.sh FOLDER… -- COMMAND…; the folders can be read where else only their owner may enter.
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
i=0
while [ "$1" != -- ]; do
  i=$((i + 1))
  mkdir "/mnt/$i"
  mount --bind "$1" "/mnt/$i"
  top=/$(echo "$1" | cut -d/ -f2)
  if [ "$(stat -c %a "$top")" != 755 ]; then
    mount -t tmpfs -o mode=755 tmpfs "$top"
    mkdir -p "$1"
  fi
  mount --bind "/mnt/$i" "$1"
  shift
done
shift
mkdir /mnt/data
chown 10001:10001 /mnt/data
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
mount -o remount,bind,ro /
exec setpriv --reuid 10001 --regid 10001 --clear-groups --bounding-set=-all --no-new-privs "$@"
