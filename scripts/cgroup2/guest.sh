# What runs in that machine, in place of a system's init. SANDCREW_JOB is a command line, from the kernel's.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp/home
mkdir -p /dev/shm /dev/pts /run
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t ext4 /dev/vda /tmp # tasks of a root worker need a file system that can be mounted with other owners
chmod 1777 /tmp
mkdir -p "$HOME"
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ip link set lo up
sh /tmp/job.sh
echo "sandcrew: ended with $?"
echo o > /proc/sysrq-trigger
sleep 60
