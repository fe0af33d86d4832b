/* Waits in the way that its first argument names, after it wrote "ready". Test program of blocks.test.ts. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *word; /* the second argument: a path, or a port */
static char buffer[1];
static struct timespec half_minute = {30, 0};

static void ready(void) { if (write(1, "ready\n", 6) != 6) exit(3); }
static void need(int holds) { if (!holds) { perror("waits"); exit(3); } }

static int pipe_ends[2];
static int own_pipe(void) { need(pipe(pipe_ends) == 0); return pipe_ends[0]; }

static void read_fd(int fd) { ready(); need(read(fd, buffer, 1) >= 0); }
static void read_stdin(void) { read_fd(0); }
static void readv_stdin(void) { struct iovec v = {buffer, 1}; ready(); need(readv(0, &v, 1) >= 0); }
static void read_tty(void) { read_fd(open("/dev/tty", O_RDWR)); }
static void read_own_terminal(void) { int m, s; need(openpty(&m, &s, 0, 0, 0) == 0); read_fd(s); }
static void read_own_pipe(void) { read_fd(own_pipe()); }
static void read_parents_pipe(void) { own_pipe(); if (fork() == 0) { close(pipe_ends[1]); read_fd(pipe_ends[0]); } else { close(pipe_ends[0]); pause(); } }
static void read_fifo(void) { read_fd(open(word, O_RDWR)); }
static void write_full_pipe(void) {
  static char block[65536];
  own_pipe();
  fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK);
  while (write(pipe_ends[1], block, sizeof block) > 0) {}
  fcntl(pipe_ends[1], F_SETFL, 0);
  ready();
  need(write(pipe_ends[1], block, 1) > 0);
}
static void open_fifo(void) { need(mkfifo(word, 0600) == 0); ready(); open(word, O_RDONLY); }

static struct pollfd set_of(int fd) { struct pollfd set = {fd, POLLIN, 0}; return set; }
static void poll_stdin(void) { struct pollfd set = set_of(0); ready(); syscall(SYS_ppoll, &set, 1, 0, 0, 8); }
static void poll_stdin_timed(void) { struct pollfd set = set_of(0); ready(); poll(&set, 1, 30000); }
static void plain_poll_stdin(void) { struct pollfd set = set_of(0); ready(); poll(&set, 1, -1); }
static void ppoll_stdin_timed(void) { struct pollfd set = set_of(0); ready(); ppoll(&set, 1, &half_minute, 0); }
static void poll_stdin_and_pipe(void) { struct pollfd sets[3] = {set_of(0), set_of(own_pipe()), set_of(-1)}; ready(); poll(sets, 3, -1); }
static void poll_stdout(void) { struct pollfd set = {1, 0, 0}; ready(); poll(&set, 1, -1); }
static void poll_nothing(void) { ready(); poll(0, 0, -1); }
static void select_of(int fd, struct timeval *time) { fd_set set; FD_ZERO(&set); FD_SET(fd, &set); ready(); select(fd + 1, &set, 0, 0, time); }
static void select_stdin(void) { select_of(0, 0); }
static void select_stdin_timed(void) { struct timeval time = {30, 0}; select_of(0, &time); }
static void select_high(void) { need(dup2(own_pipe(), 70) == 70); select_of(70, 0); }
static void pselect_stdin(void) { fd_set set; FD_ZERO(&set); FD_SET(0, &set); ready(); pselect(1, &set, 0, 0, 0, 0); }
static void select_room(void) {
  fd_set set;
  static char block[65536];
  own_pipe();
  fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK);
  while (write(pipe_ends[1], block, sizeof block) > 0) {}
  FD_ZERO(&set); FD_SET(pipe_ends[1], &set);
  ready();
  select(pipe_ends[1] + 1, 0, &set, 0, 0);
}

static int epoll_with(int fd) { int set = epoll_create1(0); struct epoll_event event = {EPOLLIN, {0}}; need(epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0); return set; }
static void epoll_of(int set, int timeout) { struct epoll_event event; ready(); epoll_wait(set, &event, 1, timeout); }
static void epoll_stdin(void) { epoll_of(epoll_with(0), -1); }
static void epoll_stdin_timed(void) { epoll_of(epoll_with(0), 30000); }
static void epoll_nested(void) { epoll_of(epoll_with(epoll_with(epoll_with(0))), -1); }
static void poll_epoll(void) { struct pollfd set = set_of(epoll_with(0)); ready(); poll(&set, 1, -1); }
static void epoll_room(void) {
  static char block[65536];
  int set = epoll_create1(0);
  struct epoll_event event = {EPOLLOUT, {0}};
  own_pipe();
  fcntl(pipe_ends[1], F_SETFL, O_NONBLOCK);
  while (write(pipe_ends[1], block, sizeof block) > 0) {}
  need(epoll_ctl(set, EPOLL_CTL_ADD, pipe_ends[1], &event) == 0);
  epoll_of(set, -1);
}
static void epoll_pwait2_timed(void) { struct epoll_event event; int set = epoll_with(0); ready(); syscall(SYS_epoll_pwait2, set, &event, 1, &half_minute, 0, 0); }

static void read_event(void) { uint64_t value; int fd = eventfd(0, 0); ready(); need(read(fd, &value, 8) == 8); }
static void read_timer(void) {
  uint64_t value; int fd = timerfd_create(CLOCK_MONOTONIC, 0); struct itimerspec time = {{0, 0}, {30, 0}};
  need(timerfd_settime(fd, 0, &time, 0) == 0); ready(); need(read(fd, &value, 8) == 8);
}
static void read_unset_timer(void) { uint64_t value; int fd = timerfd_create(CLOCK_MONOTONIC, 0); ready(); need(read(fd, &value, 8) == 8); }
static void read_signals(void) {
  struct signalfd_siginfo info; sigset_t set; sigemptyset(&set); sigaddset(&set, SIGUSR1); sigprocmask(SIG_BLOCK, &set, 0);
  int fd = signalfd(-1, &set, 0); ready(); need(read(fd, &info, sizeof info) > 0);
}
static void watch_files(void) { char events[4096]; int fd = inotify_init(); need(inotify_add_watch(fd, ".", IN_CREATE) >= 0); ready(); need(read(fd, events, sizeof events) > 0); }
static void poll_process(void) { int child = fork(); if (child == 0) { pause(); return; } struct pollfd set = set_of(syscall(SYS_pidfd_open, child, 0)); ready(); poll(&set, 1, -1); }

static int tcp_socket(int port, int listens) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (listens) need(bind(fd, (void *)&address, sizeof address) == 0 && listen(fd, 1) == 0);
  else need(connect(fd, (void *)&address, sizeof address) == 0);
  return fd;
}
static int tcp_port(int fd) { struct sockaddr_in address; socklen_t size = sizeof address; getsockname(fd, (void *)&address, &size); return ntohs(address.sin_port); }
static void tcp_accept(void) { int fd = tcp_socket(0, 1); ready(); accept(fd, 0, 0); }
static void tcp_outside(void) { int fd = tcp_socket(atoi(word), 0); ready(); recv(fd, buffer, 1, 0); }
static void tcp_inside(void) { int server = tcp_socket(0, 1); int fd = tcp_socket(tcp_port(server), 0); need(accept(server, 0, 0) >= 0); close(server); ready(); recv(fd, buffer, 1, 0); }
static void udp_receive(void) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  need(bind(fd, (void *)&address, sizeof address) == 0); ready(); recvfrom(fd, buffer, 1, 0, 0, 0);
}
static void unix_accept(void) {
  int fd = socket(AF_UNIX, SOCK_STREAM, 0); struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, word, sizeof address.sun_path - 1);
  need(bind(fd, (void *)&address, sizeof address) == 0 && listen(fd, 1) == 0); ready(); accept(fd, 0, 0);
}
static void unix_pair(void) { int ends[2]; need(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0); ready(); recv(ends[0], buffer, 1, 0); }

static void futex_wait(int *word_at, int operation, struct timespec *time) { ready(); syscall(SYS_futex, word_at, operation, *word_at, time, 0, 0); }
static int private_word;
static void futex_private(void) { futex_wait(&private_word, FUTEX_WAIT_PRIVATE, 0); }
static void futex_timed(void) { futex_wait(&private_word, FUTEX_WAIT_PRIVATE, &half_minute); }
static void futex_unshared(void) { futex_wait(&private_word, FUTEX_WAIT, 0); }
static void futex_family(void) { futex_wait(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), FUTEX_WAIT, 0); }
static void futex_file(void) { int fd = open(word, O_RDWR | O_CREAT, 0600); need(ftruncate(fd, 4096) == 0); futex_wait(mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), FUTEX_WAIT, 0); }

static void wait_child(void) { if (fork() == 0) { ready(); pause(); } else wait(0); }
static void waitid_child(void) { if (fork() == 0) { ready(); pause(); } else { siginfo_t info; waitid(P_ALL, 0, &info, WEXITED); } }
static void vfork_child(void) { if (vfork() == 0) { ready(); pause(); _exit(0); } }
static void zombie_child(void) { if (fork() == 0) _exit(0); ready(); pause(); }
static void lock_of_parent(void) { flock(open(word, O_RDWR | O_CREAT, 0600), LOCK_EX); if (fork() == 0) { int fd = open(word, O_RDWR); ready(); flock(fd, LOCK_EX); } else pause(); }
static void lock_flock(void) { int fd = open(word, O_RDWR | O_CREAT, 0600); ready(); flock(fd, LOCK_EX); pause(); }
static void lock_posix(void) { int fd = open(word, O_RDWR | O_CREAT, 0600); struct flock lock = {.l_type = F_WRLCK}; ready(); fcntl(fd, F_SETLKW, &lock); pause(); }
static void lock_open_file(void) { int fd = open(word, O_RDWR | O_CREAT, 0600); struct flock lock = {.l_type = F_WRLCK}; ready(); fcntl(fd, F_OFD_SETLKW, &lock); pause(); }

static void sleep_relative(void) { ready(); syscall(SYS_clock_nanosleep, CLOCK_REALTIME, 0, &half_minute, 0); }
static void sleep_until(void) { struct timespec time; clock_gettime(CLOCK_MONOTONIC, &time); time.tv_sec += 30; ready(); clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, 0); }
static void signal_pause(void) { ready(); pause(); }
static void signal_suspend(void) { sigset_t set; sigemptyset(&set); ready(); sigsuspend(&set); }
static sigset_t user_signal(void) { sigset_t set; sigemptyset(&set); sigaddset(&set, SIGUSR1); sigprocmask(SIG_BLOCK, &set, 0); return set; }
static void signal_wait(void) { sigset_t set = user_signal(); ready(); sigwaitinfo(&set, 0); }
static void signal_wait_timed(void) { sigset_t set = user_signal(); ready(); sigtimedwait(&set, 0, &half_minute); }
static void stop_self(void) { ready(); raise(SIGSTOP); }
static void traced_child(void) { if (fork() == 0) { ptrace(PTRACE_TRACEME, 0, 0, 0); ready(); raise(SIGUSR1); } else pause(); }
static void unknown_call(void) { int sink[2]; need(pipe(sink) == 0); own_pipe(); ready(); splice(pipe_ends[0], 0, sink[1], 0, 1, 0); }
static void end_soon(void) { ready(); need(read(0, buffer, 1) >= 0); }

static void *wait_on_futex(void *_) { (void)_; syscall(SYS_futex, &private_word, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0); return 0; }
static void many_threads(void) { pthread_t thread; for (int i = 0; i < 40; i++) pthread_create(&thread, 0, wait_on_futex, 0); usleep(50000); ready(); pause(); }
static void leader_gone(void) { pthread_t thread; pthread_create(&thread, 0, wait_on_futex, 0); ready(); pthread_exit(0); }

static int moved;
static void *read_moved(void *_) { (void)_; need(read(moved, buffer, 1) >= 0); return 0; }
/* Another thread changes what the descriptor that one reads leads to, and that one does not run. */
static void descriptor_moves(void) {
  pthread_t thread; moved = own_pipe(); pthread_create(&thread, 0, read_moved, 0); usleep(50000);
  ready();
  need(read(0, buffer, 1) == 1 && dup2(eventfd(0, 0), moved) == moved);
  need(write(1, "moved\n", 6) == 6);
  need(read(0, buffer, 1) >= 0);
}

#define WAIT(name) {#name, name}
static const struct { const char *name; void (*run)(void); } WAITS[] = {
  WAIT(read_stdin), WAIT(readv_stdin), WAIT(read_tty), WAIT(read_own_terminal), WAIT(read_own_pipe), WAIT(read_parents_pipe),
  WAIT(read_fifo), WAIT(write_full_pipe), WAIT(open_fifo), WAIT(poll_stdin), WAIT(poll_stdin_timed), WAIT(plain_poll_stdin),
  WAIT(ppoll_stdin_timed), WAIT(poll_stdin_and_pipe), WAIT(poll_stdout), WAIT(poll_nothing), WAIT(select_stdin),
  WAIT(select_stdin_timed), WAIT(select_high), WAIT(pselect_stdin), WAIT(select_room), WAIT(epoll_stdin), WAIT(epoll_stdin_timed),
  WAIT(epoll_nested), WAIT(poll_epoll), WAIT(epoll_room), WAIT(epoll_pwait2_timed), WAIT(read_event),
  WAIT(read_timer), WAIT(read_unset_timer), WAIT(read_signals), WAIT(watch_files), WAIT(poll_process), WAIT(tcp_accept),
  WAIT(tcp_outside), WAIT(tcp_inside), WAIT(udp_receive), WAIT(unix_accept), WAIT(unix_pair), WAIT(futex_private),
  WAIT(futex_timed), WAIT(futex_unshared), WAIT(futex_family), WAIT(futex_file), WAIT(wait_child), WAIT(waitid_child),
  WAIT(vfork_child), WAIT(zombie_child), WAIT(lock_of_parent), WAIT(lock_flock), WAIT(lock_posix), WAIT(lock_open_file),
  WAIT(sleep_relative), WAIT(sleep_until), WAIT(signal_pause), WAIT(signal_suspend), WAIT(signal_wait), WAIT(signal_wait_timed),
  WAIT(stop_self), WAIT(traced_child), WAIT(unknown_call), WAIT(end_soon), WAIT(many_threads),
  WAIT(leader_gone), WAIT(descriptor_moves),
};

int main(int count, char **words) {
  word = count > 2 ? words[2] : "";
  alarm(60);
  for (size_t i = 0; count > 1 && i < sizeof WAITS / sizeof *WAITS; i++)
    if (strcmp(WAITS[i].name, words[1]) == 0) { WAITS[i].run(); return 0; }
  return 2;
}
