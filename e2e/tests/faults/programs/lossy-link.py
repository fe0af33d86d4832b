"""
Two network namespaces, joined by a link that loses and delays packets, with a command in each: for what TCP itself goes through, which a
proxy between two connections cannot show. Needs Linux, root, /dev/net/tun and `ip`. The kernel's netem is in few kernels of containers.

Usage: lossy-link.py LOSS DELAY_MS SEED -- COMMAND AT 10.98.0.1 -- COMMAND AT 10.98.0.2
The first writes its stdout to stderr. Tells `lost N of M packets` on stderr when the second command has ended, and ends as it ended. The first is ended by SIGTERM then.
"""
import ctypes, fcntl, heapq, os, random, select, struct, subprocess, sys, time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
MTU = 1400
libc = ctypes.CDLL(None, use_errno=True)


def open_end(address, command, stdout=None):
    """A namespace with a TUN device in it, and the command: (the device, the process)."""
    if libc.unshare(CLONE_NEWNET) != 0:
        sys.exit("lossy-link: a network namespace needs root (CAP_SYS_ADMIN)")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", b"lossy", IFF_TUN | IFF_NO_PI))
    for words in (
        ["ip", "link", "set", "lo", "up"],
        ["ip", "address", "add", f"{address}/24", "dev", "lossy"],
        ["ip", "link", "set", "lossy", "up", "mtu", str(MTU)],
    ):
        subprocess.run(words, check=True)
    return device, subprocess.Popen(command, stdout=stdout)


def main():
    loss, delay_s, seed = float(sys.argv[1]), float(sys.argv[2]) / 1000, int(sys.argv[3])
    cut = sys.argv.index("--", 5)
    device_a, first = open_end("10.98.0.1", sys.argv[5:cut], sys.stderr)
    device_b, second = open_end("10.98.0.2", sys.argv[cut + 1 :])
    chance, waiting, seen, lost = random.Random(seed), [], 0, 0
    while second.poll() is None:
        due_s = max(0, waiting[0][0] - time.monotonic()) if waiting else 0.1
        readable, _, _ = select.select([device_a, device_b], [], [], min(due_s, 0.1))
        for device in readable:
            packet = os.read(device, 2048)
            seen += 1
            if chance.random() < loss:
                lost += 1
            else:
                other = device_b if device == device_a else device_a
                heapq.heappush(waiting, (time.monotonic() + delay_s, seen, other, packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(waiting)
            try:
                os.write(device, packet)
            except OSError:
                pass  # the other end takes no more: one more that is lost
    first.terminate()
    first.wait()
    print(f"lost {lost} of {seen} packets", file=sys.stderr)
    sys.exit(second.returncode)


main()
