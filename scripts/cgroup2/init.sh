#!/bin/busybox sh
# The first program of the machine that tests control groups of version 2: its root is the host's, with what is written kept in memory.
B=/bin/busybox
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
for round in 1 2 3; do # whatever a module needs, it has been loaded by then
  for module in /modules/*.ko; do $B insmod "$module" 2>/dev/null; done
done
$B mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=500000,cache=loose host /host || $B poweroff -f
$B mount -t tmpfs tmpfs /written
$B mkdir -p /written/upper /written/work
$B mount -t overlay overlay -o lowerdir=/host,upperdir=/written/upper,workdir=/written/work /root
for place in /proc /sys /dev; do $B mount --move $place /root$place; done
exec $B switch_root /root /bin/sh -c "$($B cat /guest.sh)"
